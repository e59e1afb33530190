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
{{- include "ms-swift.checkSaves" . -}}
{{- if eq .plan.task "rlhf" -}}{{- include "ms-swift.checkReward" . -}}{{- include "ms-swift.checkReference" . -}}{{- end -}}
{{- end -}}

{{/* What a lost pod goes on from. */}}
{{- define "ms-swift.checkSaves" -}}
{{- if and .Values.extraArgs.save_only_model .Values.train.deepspeed -}}
{{- fail "extraArgs.save_only_model leaves DeepSpeed nothing to go on from, and a lost pod would fail each time: leave it out, and bound the space by train.saveLimit" -}}
{{- else if .Values.extraArgs.save_only_model -}}
{{- include "ms-swift.warn" (dict "root" . "text" "extraArgs.save_only_model saves neither optimizer nor learning rate: a lost pod goes on with new ones. Leave it out, and bound the space by train.saveLimit.") -}}
{{- end -}}
{{- if eq (toString .Values.extraArgs.save_strategy) "no" -}}
{{- include "ms-swift.warn" (dict "root" . "text" "extraArgs.save_strategy no saves nothing on the way: a pod that is lost begins anew. Leave it out, and set train.saveSteps.") -}}
{{- end -}}
{{- end -}}

{{/* What a preference is measured against: without its own adapters, the model before all training. */}}
{{- define "ms-swift.checkReference" -}}
{{- $type := .Values.train.rlhfType -}}
{{- if and .Values.adapters (has $type (list "dpo" "kto" "grpo")) (ne .Values.train.tuner "full") (not .plan.megatron) (not .Values.extraArgs.ref_adapters) -}}
{{- include "ms-swift.warn" (dict "root" . "text" (printf "rlhfType %s is measured against the model without the adapters that it begins with. Set extraArgs.ref_adapters to [%s] if they were trained before." $type (first .Values.adapters).path)) -}}
{{- end -}}
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
