{{/*
The plan: what values, catalogue and cluster add up to. It is made once a render and hung on the root context as .plan;
every template starts with `include "ms-swift.plan" .` and then reads plain fields:

  task         deploy | embedding | reranker | app | web-ui | sft | pt | rlhf | eval | export | sample | infer | download
  kind         serve (Deployment) | train | produce | download (Jobs)        module   what python -m runs
  vendor       nvidia | ascend | cpu             resource, count   what a pod asks for
  asked        limits by the values, flat        runs             a model runs in the pod itself
  resources    limits and requests as Kubernetes wants them
  model        {asked, id, path, served, fetched, parameters, licence, open, trusted, vision}
  backend      transformers | vllm | sglang | lmdeploy               dtype    empty: the weights' own
  parallel     devices of a pod that share a copy of the model       nodes    pods that do
  image, swift the engine's image and the ms-swift release inside
  arguments    the options of the command        output   the directory a Job fills
  ports        {engine, entry}                   warnings sentences for NOTES
  megatron     the trainer is Megatron's
  interface    a page of gradio: app | web-ui    signIn   the proxy asks for the password of it, so it listens to the pod alone
*/}}
{{- define "ms-swift.plan" -}}
{{- if not (hasKey . "plan") -}}
{{- $_ := set . "plan" (dict "warnings" list) -}}
{{- /* `env:` with nothing below it, or only comments, is no map but null. */ -}}
{{- range $open := list "env" "extraArgs" "resources" "affinity" "podSecurityContext" "podLabels" "podAnnotations" -}}
{{- if not (get $.Values $open) -}}{{- $_ := set $.Values $open dict -}}{{- end -}}
{{- end -}}
{{- range $step := list "task" "model" "devices" "image" "engine" "arguments" -}}
{{- include (printf "ms-swift.plan.%s" $step) $ -}}
{{- end -}}
{{- include "ms-swift.validate" . -}}
{{- end -}}
{{- end -}}

{{- define "ms-swift.warn" -}}
{{- $_ := set .root.plan "warnings" (append .root.plan.warnings .text) -}}
{{- end -}}

{{/* env.TASK_TYPE exists in no ms-swift release: people's words for it are mapped to the tasks of this chart. */}}
{{- define "ms-swift.plan.task" -}}
{{- $words := .Files.Get "files/words.yaml" | fromYaml -}}
{{- $task := .Values.task -}}
{{- with .Values.env.TASK_TYPE -}}
{{- $mapped := get $words.tasks (toString . | lower) | required (printf "env.TASK_TYPE %q is no task: use one of %s, or set task" (toString .) (keys $words.tasks | sortAlpha | join ", ")) -}}
{{- if not (has $task (list "deploy" $mapped)) -}}
{{- fail (printf "env.TASK_TYPE %q means task %s, but task is %s: set only one of the two" . $mapped $task) -}}
{{- end -}}
{{- $task = $mapped -}}
{{- end -}}
{{- $_ := set .plan "task" $task -}}
{{- $_ := set .plan "kind" (get $words.kinds $task) -}}
{{- $vllm := and (eq .Values.metrics.source "vllm") (eq $task "deploy") -}}
{{- $_ := set .plan "nodes" (int .Values.engine.nodes) -}}
{{- $server := ternary "vllm.entrypoints.cli.main" "vllm.entrypoints.openai.api_server" (gt .plan.nodes 1) -}}
{{- $_ := set .plan "megatron" (and .Values.train.megatron.enabled (eq .plan.kind "train")) -}}
{{- $command := ternary (printf "_megatron.%s" $task) (get $words.modules $task | default $task) .plan.megatron -}}
{{- $_ := set .plan "module" (ternary $server (printf "swift.cli.%s" $command) $vllm) -}}
{{- $entry := ternary .Values.proxy.port .Values.engine.port .Values.proxy.enabled -}}
{{- $_ := set .plan "ports" (dict "engine" (int .Values.engine.port) "entry" (int $entry)) -}}
{{- $_ := set .plan "interface" (has $task (list "app" "web-ui")) -}}
{{- $_ := set .plan "signIn" (and .plan.interface .Values.proxy.enabled (not (empty .Values.apiKey.existingSecret))) -}}
{{- $_ := set .plan "listen" (ternary "127.0.0.1" "0.0.0.0" .plan.signIn) -}}
{{- end -}}
