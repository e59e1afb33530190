{{/* Training by Megatron: other options than those of ms-swift's own trainer, and other limits. */}}
{{- define "ms-swift.arguments.megatron" -}}
{{- $into := .into -}}
{{- with .root -}}
{{- $train := .Values.train -}}
{{- $names := .Files.Get "files/megatron.yaml" | fromYaml -}}
{{- range $value, $name := $names.train -}}
{{- include "ms-swift.option" (dict "into" $into "name" $name "value" (get $train $value)) -}}
{{- end -}}
{{- range $value, $name := $names.megatron -}}
{{- include "ms-swift.option" (dict "into" $into "name" $name "value" (int (get $train.megatron $value))) -}}
{{- end -}}
{{- /* By itself it asks for one of the two. */ -}}
{{- if not $train.maxSteps -}}{{- $_ := set $into "num_train_epochs" ($train.epochs | default 3) -}}{{- end -}}
{{- range $name, $value := dict "output_dir" .plan.output "add_version" false "check_model" false -}}
{{- $_ := set $into $name $value -}}
{{- end -}}
{{- if eq .plan.task "rlhf" -}}{{- $_ := set $into "rlhf_type" $train.rlhfType -}}{{- end -}}
{{- end -}}
{{- end -}}

{{- define "ms-swift.checkMegatron" -}}
{{- $train := .Values.train -}}
{{- if eq .plan.vendor "cpu" -}}
{{- fail "train.megatron.enabled needs GPUs or NPUs, and accelerator.vendor is cpu: set train.megatron.enabled=false, ms-swift's own trainer runs on a CPU, too" -}}
{{- end -}}
{{- range $value := list "deepspeed" "fsdp" "quantMethod" -}}
{{- with get $train $value -}}
{{- fail (printf "train.%s %s belongs to ms-swift's own trainer: leave it empty and split the model by train.megatron.tensorParallel and pipelineParallel, or set train.megatron.enabled=false" $value .) -}}
{{- end -}}
{{- end -}}
{{- if $train.accumulation -}}
{{- fail (printf "train.accumulation %v is not asked for by Megatron: set train.megatron.globalBatchSize (samples of a step over all devices), or train.megatron.enabled=false" $train.accumulation) -}}
{{- end -}}
{{- if .Values.extraArgs.no_save_optim -}}
{{- fail "extraArgs.no_save_optim leaves a lost pod nothing to go on from: leave it out, and bound the space by train.saveLimit" -}}
{{- end -}}
{{- if eq (int $train.saveLimit) 1 -}}
{{- fail "train.saveLimit 1 is refused by Megatron: set it to 2 or more, or leave it empty" -}}
{{- end -}}
{{- include "ms-swift.checkMegatronDevices" . -}}
{{- end -}}

{{/* All devices hold whole copies of the model, and each copy takes its part of the batch. */}}
{{- define "ms-swift.checkMegatronDevices" -}}
{{- $train := .Values.train -}}
{{- $split := $train.megatron -}}
{{- $devices := mul (int $train.nodes) (int (include "ms-swift.processes" .)) -}}
{{- $copy := mul (int ($split.tensorParallel | default 1)) (int ($split.pipelineParallel | default 1)) (int ($split.contextParallel | default 1)) -}}
{{- if ne (mod $devices $copy) 0 -}}
{{- fail (printf "train.megatron splits a copy of the model over %d devices (tensorParallel × pipelineParallel × contextParallel), which do not divide the %d of this training (train.nodes × devices of a pod): change one of them" $copy $devices) -}}
{{- end -}}
{{- $at_once := mul (int ($train.batchSize | default 1)) (div $devices $copy) -}}
{{- $batch := int ($split.globalBatchSize | default 16) -}}
{{- if ne (mod $batch $at_once) 0 -}}
{{- fail (printf "train.megatron.globalBatchSize %d is no multiple of the %d samples that %d copies of the model take at once (train.batchSize each): change one of them" $batch $at_once (div $devices $copy)) -}}
{{- end -}}
{{- end -}}
