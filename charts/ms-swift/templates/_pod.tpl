{{/* The pod that every task shares. */}}

{{- define "ms-swift.engineContainer" -}}
name: engine
image: {{ .plan.image }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
command: [python, /etc/swift/launch.py, /etc/swift/run.json{{ with include "ms-swift.groupWords" . }}, {{ splitList " " . | join ", " }}{{ end }}]
workingDir: /tmp
env:
  {{- include "ms-swift.env" . | trim | nindent 2 }}
securityContext:
  {{- toYaml .Values.securityContext | nindent 2 }}
resources:
  {{- toYaml .plan.resources | nindent 2 }}
volumeMounts:
  {{- include "ms-swift.volumeMounts" . | nindent 2 }}
{{- end -}}

{{/* Everything of a pod but its containers. */}}
{{- define "ms-swift.podSpec" -}}
serviceAccountName: {{ include "ms-swift.serviceAccountName" . | toYaml }}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  {{- toYaml .Values.podSecurityContext | nindent 2 }}
{{- range $key := list "nodeSelector" "tolerations" "priorityClassName" }}
{{- with get $.Values $key }}
{{ $key }}: {{ ternary (toYaml . | nindent 2) (toYaml .) (or (kindIs "map" .) (kindIs "slice" .)) }}
{{- end }}
{{- end }}
{{- with .Values.topologySpreadConstraints }}
topologySpreadConstraints:
  {{- /* A constraint without a selector counts no pod at all, and spreads none. */}}
  {{- $ours := include (ternary "ms-swift.groupLabels" "ms-swift.selectorLabels" (gt $.plan.nodes 1)) $ | fromYaml }}
  {{- range . }}
  - {{ ternary . (set (deepCopy .) "labelSelector" (dict "matchLabels" $ours)) (hasKey . "labelSelector") | toYaml | nindent 4 | trim }}
  {{- end }}
{{- end }}
{{- with include "ms-swift.runtimeClassName" . }}
runtimeClassName: {{ . | quote }}
{{- end }}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with include "ms-swift.affinity" . }}
affinity:
  {{- . | nindent 2 }}
{{- end }}
{{- with .Values.queue.volcano }}
schedulerName: volcano
{{- end }}
{{- with include "ms-swift.initContainers" . | trim }}
initContainers:
  {{- . | nindent 2 }}
{{- end }}
volumes:
  {{- include "ms-swift.volumes" . | nindent 2 }}
{{- end -}}

{{/* The pod that answers. */}}
{{- define "ms-swift.servePod" -}}
{{ include "ms-swift.podSpec" . }}
terminationGracePeriodSeconds: {{ int64 .Values.terminationGracePeriodSeconds }}
containers:
  - {{ include "ms-swift.engineContainer" . | nindent 4 | trim }}
    ports:
      - {name: engine, containerPort: {{ .plan.ports.engine }}}
    {{- include "ms-swift.probes" . | nindent 4 }}
{{- end -}}

{{/* Annotations of every pod: the command for people, and a digest so that a changed configuration rolls the pods. */}}
{{- define "ms-swift.podAnnotations" -}}
swift.k8s/command: {{ include "ms-swift.commandLine" . | quote }}
swift.k8s/config: {{ include "ms-swift.digest" . | quote }}
{{- with .Values.queue.volcano }}
scheduling.volcano.sh/queue-name: {{ . | quote }}
{{- end }}
{{- with .Values.podAnnotations }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "ms-swift.podLabels" -}}
{{ include "ms-swift.labels" . }}
{{- with .Values.podLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}
