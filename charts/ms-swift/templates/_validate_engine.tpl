{{/* What an engine cannot do somewhere, with the alternative. */}}
{{- define "ms-swift.checkEngine" -}}
{{- if and (eq .plan.vendor "ascend") (has .plan.backend (list "sglang" "lmdeploy")) -}}
{{- fail (printf "engine.backend %s does not run on Ascend: use vllm or transformers" .plan.backend) -}}
{{- end -}}
{{- $answers := or (eq .plan.kind "serve") (and (has .plan.task (list "infer" "eval")) .plan.runs) -}}
{{- if and (eq .plan.vendor "cpu") $answers (ne .plan.backend "transformers") -}}
{{- fail (printf "engine.backend %s needs an accelerator: set accelerator.vendor, or engine.backend=transformers" .plan.backend) -}}
{{- end -}}
{{- if $answers -}}{{- include "ms-swift.checkBackend" . -}}{{- end -}}
{{- if and (eq .plan.vendor "ascend") (eq .plan.kind "train") .Values.train.quantMethod -}}
{{- fail (printf "train.quantMethod %s (QLoRA) does not run on Ascend: leave it empty for plain LoRA" .Values.train.quantMethod) -}}
{{- end -}}
{{- $half := or (contains "310P" .plan.resource) (and .Values.accelerator.compute (lt (float64 .Values.accelerator.compute) 8.0)) -}}
{{- if and (contains "310P" .plan.resource) (not (or .Values.image.repository .Values.image.tag .Values.image.digest)) -}}
{{- fail (printf "%s is a device that the published image is not made for (it is for Atlas A2): name an image of yours in image.repository and image.tag" .plan.resource) -}}
{{- end -}}
{{- if and $half $answers (eq .plan.dtype "bfloat16") (ne .plan.backend "transformers") -}}
{{- fail (printf "engine.dtype bfloat16 begins with compute capability 8.0 and Ascend 910B, and the pod asks for %s: set engine.dtype=float16" (.Values.accelerator.compute | default .plan.resource)) -}}
{{- end -}}
{{- if $answers -}}{{- include "ms-swift.checkWishes" . -}}{{- end -}}
{{- include "ms-swift.checkQuantisation" . -}}
{{- if and (eq .Values.metrics.source "vllm") (or (ne .plan.backend "vllm") (ne .plan.task "deploy") .Values.adapters) -}}
{{- fail (printf "metrics.source vllm starts vLLM's own server: it needs engine.backend vllm (is %s), task deploy (is %s) and no adapters; use metrics.source=proxy" .plan.backend .plan.task) -}}
{{- end -}}
{{- if and (hasPrefix "vllm." .plan.module) (or .Values.model.type .Values.model.template) -}}
{{- include "ms-swift.warn" (dict "root" . "text" "model.type and model.template are names of ms-swift, and have no effect on vLLM's own server (metrics.source=vllm): use metrics.source=proxy, or extraArgs.chat-template.") -}}
{{- end -}}
{{- end -}}

{{/* What ms-swift hands to some of its engines alone: the others would answer with the bare model, or with words for vectors. */}}
{{- define "ms-swift.checkBackend" -}}
{{- $backend := .plan.backend -}}
{{- if and (or .Values.adapters .Values.extraArgs.adapters) (has $backend (list "sglang" "lmdeploy")) -}}
{{- fail (printf "adapters are not served by engine.backend %s: set it to vllm or transformers, or merge them (task export, export.mergeLora=true)" $backend) -}}
{{- end -}}
{{- if or (and (has .plan.task (list "embedding" "reranker")) (eq $backend "lmdeploy")) (and (eq .plan.task "reranker") (eq $backend "sglang")) -}}
{{- fail (printf "task %s is not served by engine.backend %s: set it to vllm or transformers" .plan.task $backend) -}}
{{- end -}}
{{- end -}}

{{/* Wishes that an engine has no option for. */}}
{{- define "ms-swift.checkWishes" -}}
{{- $options := get (.Files.Get "files/engines.yaml" | fromYaml) .plan.backend -}}
{{- range $value, $wish := dict "maxModelLen" "context" "maxConcurrency" "sequences" "memoryFraction" "fraction" "tensorParallel" "parallel" -}}
{{- if and (get $.Values.engine $value) (not (hasKey $options $wish)) (not (and (eq $wish "sequences") $.Values.proxy.enabled)) -}}
{{- include "ms-swift.warn" (dict "root" $ "text" (printf "engine.%s %v has no effect: %s has no option for it%s." $value (get $.Values.engine $value) $.plan.backend (ternary ", but proxy.enabled=true bounds it" "" (eq $wish "sequences")))) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* What transformers and AutoAWQ themselves refuse, minutes later, in the pod. */}}
{{- define "ms-swift.checkQuantisation" -}}
{{- $key := get (dict "export" "export.quantMethod" "sft" "train.quantMethod" "pt" "train.quantMethod" "rlhf" "train.quantMethod") .plan.task -}}
{{- $method := ternary .Values.export.quantMethod .Values.train.quantMethod (eq .plan.task "export") -}}
{{- if and $key (eq $method "fp8") -}}
{{- if eq .plan.vendor "cpu" -}}
{{- fail (printf "%s fp8 needs a GPU (transformers: compute capability 8.9 or more, such as L40 or H100), and accelerator.vendor is cpu: use bnb" $key) -}}
{{- end -}}
{{- if and .Values.accelerator.compute (lt (float64 .Values.accelerator.compute) 8.9) -}}
{{- fail (printf "%s fp8 needs compute capability 8.9 or more, such as L40 or H100; accelerator.compute is %v: use bnb, or newer GPUs" $key .Values.accelerator.compute) -}}
{{- end -}}
{{- end -}}
{{- if and (eq $key "export.quantMethod") (eq .plan.vendor "ascend") (has $method (list "bnb" "fp8")) -}}
{{- fail (printf "export.quantMethod %s does not run on Ascend: quantise on a GPU%s" $method (ternary " or a CPU (accelerator.vendor=cpu)" "" (eq $method "bnb"))) -}}
{{- end -}}
{{- if and (eq $key "export.quantMethod") (eq $method "awq") (ne (int .Values.export.quantBits) 4) .Values.export.quantBits -}}
{{- fail (printf "export.quantBits %d is nothing that AutoAWQ makes: set it to 4, or export.quantMethod=gptq" (int .Values.export.quantBits)) -}}
{{- end -}}
{{- $published := not (or .Values.image.repository .Values.image.tag .Values.image.digest) -}}
{{- if and (eq $key "export.quantMethod") (eq $method "awq") $published (ne .plan.vendor "ascend") -}}
{{- fail "export.quantMethod awq does not run in the published image: its vLLM 0.25.1 needs transformers 5.5.3 or newer, and AutoAWQ 0.2.9, the last one, fails from transformers 4.56 on. Use bnb, or name an image of yours with transformers 4.51.3 and AutoAWQ in image.repository and image.tag" -}}
{{- end -}}
{{- end -}}

{{- define "ms-swift.checkGroup" -}}
{{- if gt .plan.nodes 1 -}}
{{- if or (ne .Values.metrics.source "vllm") (ne .plan.task "deploy") -}}
{{- fail (printf "engine.nodes %d splits a model by vLLM's own server: it needs task deploy (is %s) and metrics.source=vllm (is %s)" .plan.nodes .plan.task .Values.metrics.source) -}}
{{- end -}}
{{- if not (.Capabilities.APIVersions.Has "leaderworkerset.x-k8s.io/v1") -}}
{{- fail (printf "engine.nodes %d needs the API leaderworkerset.x-k8s.io/v1, which this cluster does not have: install LeaderWorkerSet (https://lws.sigs.k8s.io), or set engine.nodes=1 and more devices a pod" .plan.nodes) -}}
{{- end -}}
{{- end -}}
{{- end -}}
