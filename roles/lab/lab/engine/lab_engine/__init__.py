"""lab-engine: a stand-in for ms-swift that starts in a second and says so in its log.

It has ms-swift 4.6.0's command lines (every option name, unknown ones are refused), the routes and error codes of
`swift deploy`, its stream framing and its behaviour on SIGTERM, held to the real one by tests/engine. It computes
nothing: answers are letters, training writes files of the right names. Standard library and PyYAML only.

LAB_ENGINE_LOAD_SECONDS    before the port opens (1)
LAB_ENGINE_ANSWER_SECONDS  for each answer (0.1)
LAB_ENGINE_PARALLEL        answers at once (1: one after another, as with ms-swift's own backend; vLLM has many)
LAB_ENGINE_STEP_SECONDS    for each training step (0.05)
"""
