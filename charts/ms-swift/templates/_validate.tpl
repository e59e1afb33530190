{{/* Refusals with a sentence: noun, value, next step. Types and ranges are the business of values.schema.json. */}}
{{- define "ms-swift.validate" -}}
{{- if gt (len .plan.named) 1 -}}
{{- fail (printf "resources.limits names %d devices (%s): a pod takes one kind, keep one" (len .plan.named) (join ", " .plan.named)) -}}
{{- end -}}
{{- if and (eq .plan.vendor "cpu") .plan.named -}}
{{- fail (printf "accelerator.vendor is cpu, but resources.limits asks for %s: drop one of the two" (first .plan.named)) -}}
{{- end -}}
{{- if and (not .plan.model.path) (has .plan.task (list "deploy" "embedding" "reranker" "sft" "pt" "rlhf" "sample" "infer" "download")) -}}
{{- fail (printf "task %s needs a model: --set model.id=organisation/name, or --set env.MODEL_NAME=<a name of the catalogue>" .plan.task) -}}
{{- end -}}
{{- end -}}
