{{/* The options of the tasks that make a result once. */}}

{{/* The directory ends in the model's name, because the name decides the model type when the result is served. */}}
{{- define "ms-swift.arguments.export" -}}
{{- $into := .into -}}
{{- with .root -}}
{{- $name := base (.Values.export.name | default .plan.model.path | default "merged") -}}
{{- $_ := set .plan "output" (printf "%s/%s" .plan.output $name) -}}
{{- $export := .Values.export -}}
{{- range $name, $value := dict "output_dir" .plan.output "merge_lora" $export.mergeLora "quant_method" $export.quantMethod "quant_bits" (int $export.quantBits) "dataset" $export.dataset "quant_n_samples" (int $export.samples) "group_size" (int $export.groupSize) -}}
{{- include "ms-swift.option" (dict "into" $into "name" $name "value" $value) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "ms-swift.arguments.eval" -}}
{{- $into := .into -}}
{{- with .root -}}
{{- $eval := .Values.eval -}}
{{- range $name, $value := dict "eval_output_dir" .plan.output "eval_url" $eval.url "eval_backend" $eval.backend "eval_dataset" $eval.datasets "eval_limit" (int $eval.limit) -}}
{{- include "ms-swift.option" (dict "into" $into "name" $name "value" $value) -}}
{{- end -}}
{{- if $eval.url -}}
{{- /* Nothing is loaded: the option is the name that the service answers to. */ -}}
{{- $_ := set $into "model" (.Values.eval.model | default .plan.model.served) -}}
{{- $_ := unset $into "torch_dtype" -}}
{{- else -}}
{{- $_ := set $into "infer_backend" .plan.backend -}}
{{- include "ms-swift.arguments.engine" (dict "root" . "into" $into) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "ms-swift.arguments.infer" -}}
{{- $_ := set .into "val_dataset" .root.Values.infer.dataset -}}
{{- $_ := set .into "result_path" (printf "%s/result.jsonl" .root.plan.output) -}}
{{- $_ := set .into "infer_backend" .root.plan.backend -}}
{{- include "ms-swift.arguments.engine" . -}}
{{- end -}}

{{- define "ms-swift.arguments.sample" -}}
{{- $_ := set .into "dataset" .root.Values.infer.dataset -}}
{{- $_ := set .into "output_dir" .root.plan.output -}}
{{- include "ms-swift.option" (dict "into" .into "name" "sampler_engine" "value" .root.Values.engine.backend) -}}
{{- end -}}
