{{/* Nodes by memory and compute capability rather than by product names. */}}
{{- define "ms-swift.affinity" -}}
{{- $memory := list -}}
{{- with .Values.accelerator.memoryMiB -}}{{- $memory = list (dict "key" "nvidia.com/gpu.memory" "operator" "Gt" "values" (list (toString (sub (int .) 1)))) -}}{{- end -}}
{{- $terms := list -}}
{{- with .Values.accelerator.compute -}}
{{- $parts := splitList "." (toString .) -}}
{{- $major := int (first $parts) -}}
{{- $minor := int (last $parts) -}}
{{- /* A label's value cannot begin with a minus, so "any minor" is no "Gt -1" but no condition at all. */}}
{{- if $minor -}}
{{- $above := list (dict "key" "nvidia.com/gpu.compute.major" "operator" "Gt" "values" (list (toString $major))) -}}
{{- $equal := list (dict "key" "nvidia.com/gpu.compute.major" "operator" "In" "values" (list (toString $major))) (dict "key" "nvidia.com/gpu.compute.minor" "operator" "Gt" "values" (list (toString (sub $minor 1)))) -}}
{{- $terms = list (dict "matchExpressions" (concat $memory $above)) (dict "matchExpressions" (concat $memory $equal)) -}}
{{- else -}}
{{- $above := list (dict "key" "nvidia.com/gpu.compute.major" "operator" "Gt" "values" (list (toString (sub $major 1)))) -}}
{{- $terms = list (dict "matchExpressions" (concat $memory $above)) -}}
{{- end -}}
{{- else -}}
{{- if $memory -}}{{- $terms = list (dict "matchExpressions" $memory) -}}{{- end -}}
{{- end -}}
{{- if and $terms (eq .plan.vendor "nvidia") -}}
{{- toYaml (merge (dict "nodeAffinity" (dict "requiredDuringSchedulingIgnoredDuringExecution" (dict "nodeSelectorTerms" $terms))) .Values.affinity) -}}
{{- else if .Values.affinity -}}
{{- toYaml .Values.affinity -}}
{{- end -}}
{{- end -}}
