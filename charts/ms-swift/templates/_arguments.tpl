{{/* The options of the command, by task. extraArgs win over everything; names and choices are checked in the end. */}}
{{- define "ms-swift.plan.arguments" -}}
{{- $arguments := dict -}}
{{- $call := dict "root" . "into" $arguments -}}
{{- $_ := set .plan "output" (ternary "" (include "ms-swift.outputPath" .) (has .plan.kind (list "serve" "download"))) -}}
{{- if eq .plan.task "web-ui" -}}
{{- $_ := set $arguments "server_name" .plan.listen -}}{{- $_ := set $arguments "server_port" .plan.ports.engine -}}{{- $_ := set $arguments "lang" .Values.ui.lang -}}
{{- else if hasPrefix "vllm." .plan.module -}}
{{- include "ms-swift.arguments.vllmServer" $call -}}
{{- else if ne .plan.kind "download" -}}
{{- include "ms-swift.arguments.model" $call -}}
{{- include (printf "ms-swift.arguments.%s" (ternary "megatron" (ternary .plan.kind .plan.task (has .plan.kind (list "serve" "train"))) .plan.megatron)) $call -}}
{{- end -}}
{{- range $name, $value := .Values.extraArgs -}}
{{- /* vLLM's own server takes max_model_len for max-model-len, and would be told both. */ -}}
{{- $_ := set $arguments (ternary ($name | replace "_" "-") $name (hasPrefix "vllm." $.plan.module)) $value -}}
{{- end -}}
{{- if and $arguments.callbacks (eq .plan.kind "train") (not .plan.megatron) -}}
{{- /* Whatever else is called back: without this one a stop would save nothing. */ -}}
{{- $named := $arguments.callbacks -}}
{{- $_ := set $arguments "callbacks" (append (kindIs "slice" $named | ternary $named (list $named)) "graceful_exit" | uniq) -}}
{{- end -}}
{{- $_ := set .plan "arguments" $arguments -}}
{{- end -}}

{{- define "ms-swift.arguments.model" -}}
{{- $into := .into -}}
{{- with .root -}}
{{- $adapters := list -}}
{{- range .Values.adapters -}}{{- $adapters = append $adapters (ternary (printf "%s=%s" .name .path) .path (and (not (empty .name)) (eq $.root.plan.kind "serve"))) -}}{{- end -}}
{{- range $name, $value := dict "model" .plan.model.path "model_type" .Values.model.type "template" .Values.model.template "torch_dtype" .plan.dtype "adapters" $adapters -}}
{{- include "ms-swift.option" (dict "into" $into "name" $name "value" $value) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "ms-swift.arguments.serve" -}}
{{- $into := .into -}}
{{- with .root -}}
{{- if eq .plan.task "app" -}}
{{- /* Without baseUrl, app starts `swift deploy` beside its page: by itself on the same port 8000, and open to everybody. */ -}}
{{- range $name, $value := dict "server_name" .plan.listen "server_port" .plan.ports.engine "host" "127.0.0.1" "port" (add 1 .plan.ports.engine) "lang" .Values.ui.lang "base_url" .Values.ui.baseUrl -}}
{{- include "ms-swift.option" (dict "into" $into "name" $name "value" $value) -}}
{{- end -}}
{{- else -}}
{{- range $name, $value := dict "host" "0.0.0.0" "port" .plan.ports.engine "served_model_name" .plan.model.served "infer_backend" .plan.backend "log_level" (lower .Values.logLevel) "verbose" false -}}
{{- $_ := set $into $name $value -}}
{{- end -}}
{{- if ne .plan.task "deploy" -}}{{- $_ := set $into "task_type" .plan.task -}}{{- end -}}
{{- end -}}
{{- include "ms-swift.arguments.engine" (dict "root" . "into" $into) -}}
{{- end -}}
{{- end -}}

{{- define "ms-swift.arguments.vllmServer" -}}
{{- $into := .into -}}
{{- with .root -}}
{{- range $name, $value := dict "host" "0.0.0.0" "port" .plan.ports.engine "model" .plan.model.path "served-model-name" .plan.model.served "dtype" .plan.dtype "nnodes" (ternary .plan.nodes 0 (gt .plan.nodes 1)) "pipeline-parallel-size" (ternary .plan.nodes 0 (gt .plan.nodes 1)) -}}
{{- include "ms-swift.option" (dict "into" $into "name" $name "value" $value) -}}
{{- end -}}
{{- include "ms-swift.arguments.engine" (dict "root" . "into" $into) -}}
{{- end -}}
{{- end -}}

{{- define "ms-swift.arguments.train" -}}
{{- $into := .into -}}
{{- with .root -}}
{{- range $value, $name := .Files.Get "files/training.yaml" | fromYaml -}}
{{- include "ms-swift.option" (dict "into" $into "name" $name "value" (get $.root.Values.train $value)) -}}
{{- end -}}
{{- /* check_model tells the hub about the training, and tries again for half a minute where there is no way out. */ -}}
{{- range $name, $value := dict "output_dir" .plan.output "add_version" false "check_model" false "callbacks" (list "graceful_exit") -}}
{{- $_ := set $into $name $value -}}
{{- end -}}
{{- if eq .plan.vendor "cpu" -}}
{{- /* without these, processes on CPU each train by themselves: accelerate makes no group of them, or one of MPI that nobody started */ -}}
{{- $_ := set $into "use_cpu" true -}}
{{- if or (gt (int .Values.train.nodes) 1) (gt (int .Values.train.processes) 1) -}}{{- $_ := set $into "ddp_backend" "gloo" -}}{{- end -}}
{{- end -}}
{{- if eq .plan.task "rlhf" -}}{{- $_ := set $into "rlhf_type" .Values.train.rlhfType -}}{{- end -}}
{{- end -}}
{{- end -}}

{{- define "ms-swift.arguments.produce" -}}{{- include (printf "ms-swift.arguments.%s" .root.plan.task) . -}}{{- end -}}
