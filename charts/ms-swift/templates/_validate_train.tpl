{{/* What ms-swift misses in a training, minutes later, in the pod. */}}
{{- define "ms-swift.checkTraining" -}}
{{- $train := .Values.train -}}
{{- if and (not $train.dataset) (not .Values.extraArgs.cached_dataset) -}}
{{- fail (printf "task %s needs train.dataset: a hub id, or a path below %s" .plan.task .Values.cache.mountPath) -}}
{{- end -}}
{{- if and $train.deepspeed $train.fsdp -}}
{{- fail (printf "train.deepspeed %s and train.fsdp %s both split the model: leave one of them empty" $train.deepspeed $train.fsdp) -}}
{{- end -}}
{{- if and .plan.count (gt (int $train.processes) (int .plan.count)) -}}
{{- fail (printf "train.processes %d need a device each, and the pod asks for %d: leave it empty, or set accelerator.count" (int $train.processes) (int .plan.count)) -}}
{{- end -}}
{{- if eq .plan.task "rlhf" -}}{{- include "ms-swift.checkReward" . -}}{{- end -}}
{{- end -}}
