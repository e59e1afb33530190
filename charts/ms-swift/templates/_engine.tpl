{{/* Which engine, and the options that follow from devices and model. */}}
{{- define "ms-swift.plan.engine" -}}
{{- $backend := .Values.engine.backend -}}
{{- with toString (get .Values.env "USE_VLLM") | lower -}}
{{- $vllm := get (dict "true" "yes" "1" "yes" "yes" "yes" "false" "no" "0" "no" "no" "no") . | required (printf "env.USE_VLLM %q is neither true nor false: set one of them, or engine.backend" .) -}}
{{- if and $backend (ne (eq $backend "vllm") (eq $vllm "yes")) -}}
{{- fail (printf "env.USE_VLLM is %s, but engine.backend is %s: set only one of the two" . $backend) -}}
{{- end -}}
{{- $backend = $backend | default (ternary "vllm" "transformers" (eq $vllm "yes")) -}}
{{- end -}}
{{- $_ := set .plan "backend" ($backend | default (ternary "transformers" "vllm" (eq .plan.vendor "cpu"))) -}}
{{- /* bfloat16 begins with compute capability 8.0 and Ascend 910B; a CPU is safest in float32. */ -}}
{{- $dtype := .Values.engine.dtype -}}
{{- if and (not $dtype) (eq .plan.vendor "cpu") -}}{{- $dtype = "float32" -}}{{- end -}}
{{- if and (not $dtype) .Values.accelerator.compute -}}{{- $dtype = ternary "float16" "" (lt (float64 .Values.accelerator.compute) 8.0) -}}{{- end -}}
{{- if and (not $dtype) (contains "310P" .plan.resource) -}}{{- $dtype = "float16" -}}{{- end -}}
{{- $_ := set .plan "dtype" $dtype -}}
{{- $_ := set .plan "parallel" (int (.Values.engine.tensorParallel | default (max 1 .plan.count))) -}}
{{- /* An engine reserves its part of the whole card: pods that share one must add up to less than 1. */ -}}
{{- $fraction := .Values.engine.memoryFraction -}}
{{- if and (not $fraction) (ne .Values.accelerator.sharing "none") -}}{{- $fraction = round (divf 0.9 (float64 .Values.accelerator.shares)) 2 -}}{{- end -}}
{{- $_ := set .plan "fraction" $fraction -}}
{{- end -}}

{{/* Set an option unless the value is empty: arguments into, name, value. */}}
{{- define "ms-swift.option" -}}
{{- if .value -}}{{- $_ := set .into .name .value -}}{{- end -}}
{{- end -}}

{{/* The options of each engine for the same four wishes. */}}
{{- define "ms-swift.arguments.engine" -}}
{{- $into := .into -}}
{{- with .root -}}
{{- $names := get (.Files.Get "files/engines.yaml" | fromYaml) (ternary "vllmServer" .plan.backend (hasPrefix "vllm." .plan.module)) -}}
{{- $wishes := dict "parallel" (ternary .plan.parallel 0 (gt .plan.parallel 1)) "fraction" .plan.fraction "context" (int .Values.engine.maxModelLen) "sequences" (int .Values.engine.maxConcurrency) -}}
{{- range $wish, $name := $names -}}
{{- include "ms-swift.option" (dict "into" $into "name" $name "value" (get $wishes $wish)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
