{{/* Names and labels. */}}

{{- define "ms-swift.name" -}}
{{- .Values.nameOverride | default .Chart.Name | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* A release called like the chart keeps its short name: `helm install ms-swift …` makes Service ms-swift.
     40 characters leave room for suffixes and for the pod names of an Indexed Job. */}}
{{- define "ms-swift.fullname" -}}
{{- $name := include "ms-swift.name" . -}}
{{- $full := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) -}}
{{- .Values.fullnameOverride | default $full | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{- define "ms-swift.selectorLabels" -}}
app.kubernetes.io/name: {{ include "ms-swift.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: {{ .plan.task }}
{{- end -}}

{{- define "ms-swift.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{ include "ms-swift.selectorLabels" . }}
app.kubernetes.io/version: {{ .Values.image.tag | default .Chart.AppVersion | trunc 63 | trimSuffix "." | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: ms-swift
{{- end -}}

{{/* metadata of an object: arguments root, suffix (may be empty), annotations (may be empty). */}}
{{- define "ms-swift.metadata" -}}
name: {{ include "ms-swift.fullname" .root }}{{ with .suffix }}-{{ . }}{{ end }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "ms-swift.labels" .root | nindent 2 }}
{{- with .annotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "ms-swift.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- .Values.serviceAccount.name | default (include "ms-swift.fullname" .) -}}
{{- else -}}
{{- .Values.serviceAccount.name | default "default" -}}
{{- end -}}
{{- end -}}

{{/* An image reference: arguments image, tag (used when the image names neither tag nor digest). */}}
{{- define "ms-swift.image" -}}
{{- $name := printf "%s%s" (ternary (printf "%s/" .image.registry) "" (not (empty .image.registry))) .image.repository -}}
{{- if .image.digest -}}
{{- printf "%s@%s" $name .image.digest -}}
{{- else -}}
{{- printf "%s:%s" $name (.image.tag | default .tag) -}}
{{- end -}}
{{- end -}}

{{/* The claim that holds models and results. */}}
{{- define "ms-swift.claim" -}}
{{- .Values.cache.existingClaim | default (printf "%s-cache" (include "ms-swift.fullname" .)) -}}
{{- end -}}
