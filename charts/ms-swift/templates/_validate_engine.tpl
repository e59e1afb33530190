{{/* What an engine cannot do somewhere, with the alternative. */}}
{{- define "ms-swift.checkEngine" -}}
{{- if and (eq .plan.vendor "ascend") (has .plan.backend (list "sglang" "lmdeploy")) -}}
{{- fail (printf "engine.backend %s does not run on Ascend: use vllm or transformers" .plan.backend) -}}
{{- end -}}
{{- if and (eq .plan.vendor "cpu") (eq .plan.kind "serve") (ne .plan.backend "transformers") -}}
{{- fail (printf "engine.backend %s needs an accelerator: set accelerator.vendor, or engine.backend=transformers" .plan.backend) -}}
{{- end -}}
{{- if and (eq .plan.vendor "ascend") (eq .plan.kind "train") .Values.train.quantMethod -}}
{{- fail (printf "train.quantMethod %s (QLoRA) does not run on Ascend: leave it empty for plain LoRA" .Values.train.quantMethod) -}}
{{- end -}}
{{- if and (eq .Values.metrics.source "vllm") (or (ne .plan.backend "vllm") (ne .plan.task "deploy") .Values.adapters) -}}
{{- fail (printf "metrics.source vllm starts vLLM's own server: it needs engine.backend vllm (is %s), task deploy (is %s) and no adapters; use metrics.source=proxy" .plan.backend .plan.task) -}}
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
