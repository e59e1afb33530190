{{/* spec of a Job, for job.yaml and cronjob.yaml. */}}
{{- define "ms-swift.jobSpec" -}}
{{- $nodes := ternary (int .Values.train.nodes) 1 (eq .plan.kind "train") -}}
backoffLimit: {{ .Values.job.backoffLimit }}
{{- with .Values.job.ttlSecondsAfterFinished }}
ttlSecondsAfterFinished: {{ int64 . }}
{{- end }}
{{- with .Values.job.activeDeadlineSeconds }}
activeDeadlineSeconds: {{ int64 . }}
{{- end }}
{{- if gt $nodes 1 }}
completionMode: Indexed
completions: {{ $nodes }}
parallelism: {{ $nodes }}
{{- end }}
{{- if ne .plan.kind "download" }}
podFailurePolicy:
  rules:
    {{- /* 75 is "run me again": stopped in good order, or a peer is gone. Neither it nor an eviction is a failure. */}}
    - action: Ignore
      onExitCodes: {containerName: engine, operator: In, values: [75]}
    - action: Ignore
      onPodConditions:
        - {type: DisruptionTarget, status: "True"}
{{- end }}
template:
  metadata:
    labels:
      {{- include "ms-swift.podLabels" . | nindent 6 }}
    annotations:
      {{- include "ms-swift.podAnnotations" . | nindent 6 }}
  spec:
    {{- include "ms-swift.podSpec" . | nindent 4 }}
    restartPolicy: Never
    terminationGracePeriodSeconds: {{ int64 .Values.terminationGracePeriodSeconds }}
    {{- if gt $nodes 1 }}
    subdomain: {{ include "ms-swift.fullname" . }}-gang
    {{- end }}
    containers:
      {{- if eq .plan.kind "download" }}
      - {{ include "ms-swift.seedContainer" . | nindent 8 | trim }}
      {{- else }}
      - {{ include "ms-swift.engineContainer" . | nindent 8 | trim }}
      {{- end }}
{{- end -}}

{{/* A Job's pods cannot be changed: its name carries their digest, so a changed release gets a new one. */}}
{{- define "ms-swift.jobName" -}}
{{- if not (hasKey .plan "job") -}}
{{- /* The pods of a gang name their Job: nameless where the digest is made. */ -}}
{{- $_ := set .plan "job" "" -}}
{{- $template := (include "ms-swift.jobSpec" . | fromYaml).template -}}
{{- $_ := set .plan "job" (printf "%s-%s" (include "ms-swift.fullname" .) ($template | toJson | sha256sum | trunc 6)) -}}
{{- end -}}
{{- .plan.job -}}
{{- end -}}

{{- define "ms-swift.jobAnnotations" -}}
swift.k8s/command: {{ include "ms-swift.commandLine" . | quote }}
{{- if and .Values.queue.volcano (eq .plan.kind "train") (gt (int .Values.train.nodes) 1) }}
{{- /* Volcano 1.12 and later start a Job's pods together by this; else one by one, as they find room. */}}
scheduling.volcano.sh/group-min-member: {{ .Values.train.nodes | quote }}
{{- end }}
{{- end -}}

{{/* Kueue itself suspends a Job with its label until it is its turn; an upgrade that said so again would stop the Job. */}}
{{- define "ms-swift.jobLabels" -}}
{{- if .Values.queue.kueue -}}
{{- dict "kueue.x-k8s.io/queue-name" .Values.queue.kueue | toYaml -}}
{{- end -}}
{{- end -}}

{{/* Who is who among the pods of a multi-node training. */}}
{{- define "ms-swift.gangEnv" -}}
- name: NODE_RANK
  valueFrom:
    fieldRef:
      fieldPath: metadata.annotations['batch.kubernetes.io/job-completion-index']
- name: MASTER_ADDR
  value: {{ include "ms-swift.jobName" . }}-0.{{ include "ms-swift.fullname" . }}-gang
- name: MASTER_PORT
  value: {{ .Values.train.masterPort | quote }}
{{- if eq .plan.vendor "ascend" }}
- name: HCCL_IF_IP
  valueFrom:
    fieldRef:
      fieldPath: status.podIP
{{- end }}
{{- end -}}
