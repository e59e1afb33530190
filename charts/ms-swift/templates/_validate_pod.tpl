{{/* What users add to the pod, beside what the chart puts there. */}}
{{- define "ms-swift.checkPod" -}}
{{- include "ms-swift.checkEnvironment" . -}}
{{- $ours := merge (include "ms-swift.labels" . | fromYaml) (dict "swift.k8s/command" "" "swift.k8s/config" "") -}}
{{- range $value := list "podLabels" "podAnnotations" -}}
{{- range $name, $_ := get $.Values $value -}}
{{- if hasKey $ours $name -}}{{- fail (printf "%s.%s is set by the chart, which knows its pods by it: choose another name" $value $name) -}}{{- end -}}
{{- end -}}
{{- end -}}
{{- include "ms-swift.checkOnce" (dict "entries" (include "ms-swift.volumes" . | fromYamlArray) "field" "name" "value" "extraVolumes") -}}
{{- include "ms-swift.checkOnce" (dict "entries" (include "ms-swift.volumeMounts" . | fromYamlArray) "field" "mountPath" "value" "cache.mountPath or extraVolumeMounts") -}}
{{- end -}}

{{/* Kubernetes takes each name of a volume and each place of a mount once. Arguments entries, field, value. */}}
{{- define "ms-swift.checkOnce" -}}
{{- $taken := list -}}
{{- range $entry := .entries -}}
{{- $at := get $entry $.field -}}
{{- if has $at $taken -}}{{- fail (printf "%s has the %s %s a second time, and a pod takes it once: choose another" $.value $.field $at) -}}{{- end -}}
{{- $taken = append $taken $at -}}
{{- end -}}
{{- end -}}

{{/* Variables that a value decides, with all that goes by it: the log level keeps the API key out of the log. */}}
{{- define "ms-swift.checkEnvironment" -}}
{{- $owned := (.Files.Get "files/owned.yaml" | fromYaml).environment -}}
{{- range $name, $_ := .Values.env -}}
{{- with get $owned.values $name -}}{{- fail (printf "env.%s is decided by a value: set %s" $name .) -}}{{- end -}}
{{- end -}}
{{- range $entry := .Values.extraEnv -}}
{{- with get (merge (dict) $owned.values $owned.words) (toString $entry.name) -}}
{{- fail (printf "extraEnv %s is decided by a value: set %s" $entry.name .) -}}
{{- end -}}
{{- end -}}
{{- end -}}
