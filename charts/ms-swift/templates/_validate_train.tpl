{{/* What ms-swift misses in a training, minutes later, in the pod. */}}
{{- define "ms-swift.checkTraining" -}}
{{- $train := .Values.train -}}
{{- if and (not $train.dataset) (not .Values.extraArgs.cached_dataset) -}}
{{- fail (printf "task %s needs train.dataset: a hub id, or a path below %s" .plan.task .Values.cache.mountPath) -}}
{{- end -}}
{{- include "ms-swift.checkSplit" . -}}
{{- if and .plan.count (gt (int $train.processes) (int .plan.count)) -}}
{{- fail (printf "train.processes %d need a device each, and the pod asks for %d: leave it empty, or set accelerator.count" (int $train.processes) (int .plan.count)) -}}
{{- end -}}
{{- if and .plan.count $train.processes -}}{{- if mod (int .plan.count) (int $train.processes) -}}
{{- fail (printf "train.processes %d cannot share %d devices evenly, as ms-swift wants it: leave it empty for a process each" (int $train.processes) (int .plan.count)) -}}
{{- end -}}{{- end -}}
{{- if and $train.quantMethod (ne $train.quantMethod "fp8") (not $train.quantBits) -}}
{{- fail (printf "train.quantMethod %s needs train.quantBits, e.g. 4" $train.quantMethod) -}}
{{- end -}}
{{- if and $train.quantBits (not $train.quantMethod) -}}
{{- fail (printf "train.quantBits %v quantises nothing by itself: set train.quantMethod, e.g. bnb, or leave it empty" $train.quantBits) -}}
{{- end -}}
{{- with .Values.extraArgs.resume_from_checkpoint -}}
{{- if not (hasPrefix "/" (toString .)) -}}
{{- fail (printf "extraArgs.resume_from_checkpoint %v is a path to ms-swift: leave it out, for a rerun finds the newest checkpoint of output.path by itself" .) -}}
{{- end -}}
{{- end -}}
{{- if eq .plan.task "rlhf" -}}{{- include "ms-swift.checkReward" . -}}{{- end -}}
{{- end -}}

{{/* DeepSpeed and FSDP split a model over processes that have a device each. */}}
{{- define "ms-swift.checkSplit" -}}
{{- $train := .Values.train -}}
{{- if and $train.deepspeed $train.fsdp -}}
{{- fail (printf "train.deepspeed %s and train.fsdp %s both split the model: leave one of them empty" $train.deepspeed $train.fsdp) -}}
{{- end -}}
{{- $processes := int (include "ms-swift.processes" .) -}}
{{- range $name, $asked := dict "deepspeed" $train.deepspeed "fsdp" $train.fsdp -}}
{{- if $asked -}}
{{- if eq $.plan.vendor "cpu" -}}
{{- fail (printf "train.%s %s needs GPUs or NPUs, and accelerator.vendor is cpu, where it fails or is ignored: leave it empty" $name $asked) -}}
{{- else if gt (int $.plan.count) $processes -}}
{{- fail (printf "train.%s %s needs a process for each of the pod's %d devices, and train.processes is %d: leave train.processes empty" $name $asked (int $.plan.count) $processes) -}}
{{- else if and (eq $name "fsdp") (le (mul $processes (int $train.nodes)) 1) -}}
{{- fail (printf "train.fsdp %s splits the model over processes, and there is one: set accelerator.count or train.nodes, or leave it empty" $asked) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Processes of a pod that trains: one for each of its devices, unless it is said. */}}
{{- define "ms-swift.processes" -}}
{{- .Values.train.processes | default (max 1 .plan.count) -}}
{{- end -}}
