{{/* One copy of a model on several pods: a LeaderWorkerSet. The leader takes the requests, the others wait for its work. */}}

{{/* The command's first words: vLLM keeps its workers in the sub-command serve alone. LeaderWorkerSet sets both variables. */}}
{{- define "ms-swift.groupWords" -}}
{{- if gt .plan.nodes 1 -}}
serve --node-rank $(LWS_WORKER_INDEX) --master-addr $(LWS_LEADER_ADDRESS){{ if .worker }} --headless{{ end }}
{{- end -}}
{{- end -}}

{{/* What a service's pods are kept by. The controller of a LeaderWorkerSet makes a headless Service of its name, by which the
     pods find each other: it must not be the name of the Service that callers use. */}}
{{- define "ms-swift.workload" -}}
{{- ternary "apiVersion: leaderworkerset.x-k8s.io/v1\nkind: LeaderWorkerSet" "apiVersion: apps/v1\nkind: Deployment" (gt .plan.nodes 1) }}
name: {{ include "ms-swift.fullname" . }}{{ ternary "-group" "" (gt .plan.nodes 1) }}
{{- end -}}

{{/* All pods of the release; the Service's selector names the leaders alone. */}}
{{- define "ms-swift.groupLabels" -}}
app.kubernetes.io/name: {{ include "ms-swift.name" . | toYaml }}
app.kubernetes.io/instance: {{ .Release.Name | toYaml }}
{{- end -}}

{{- define "ms-swift.workerLabels" -}}
{{- merge (dict "swift.k8s/kind" "worker") (include "ms-swift.podLabels" . | fromYaml) | toYaml -}}
{{- end -}}
