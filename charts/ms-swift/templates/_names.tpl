{{/* Names, labels, images. */}}

{{- define "ms-swift.name" -}}
{{- .Values.nameOverride | default .Chart.Name | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* A release called like the chart keeps its short name: `helm install ms-swift …` makes Service ms-swift.
     40 characters leave room for suffixes and for the pod names of an Indexed Job; what is cut off stays as a digest,
     so that NAME-blue and NAME-green stay two. A Service's name has no dots. */}}
{{- define "ms-swift.fullname" -}}
{{- $name := include "ms-swift.name" . -}}
{{- $full := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) -}}
{{- $full = .Values.fullnameOverride | default $full | replace "." "-" -}}
{{- ternary (printf "%s-%s" ($full | trunc 33 | trimSuffix "-") ($full | sha256sum | trunc 6)) $full (gt (len $full) 40) -}}
{{- end -}}

{{/* By the kind of task: an upgrade may change the task of a service, and a Deployment's selector may not change. */}}
{{- define "ms-swift.selectorLabels" -}}
app.kubernetes.io/name: {{ include "ms-swift.name" . | toYaml }}
app.kubernetes.io/instance: {{ .Release.Name | toYaml }}
swift.k8s/kind: {{ .plan.kind }}
{{- end -}}

{{/* The pod of `helm test`. */}}
{{- define "ms-swift.askLabels" -}}
app.kubernetes.io/name: {{ include "ms-swift.name" . }}-ask
app.kubernetes.io/instance: {{ .Release.Name | toYaml }}
{{- end -}}

{{- define "ms-swift.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{ include "ms-swift.selectorLabels" . }}
app.kubernetes.io/component: {{ .plan.task }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: ms-swift
{{- end -}}

{{/* metadata of an object: arguments root, suffix (may be absent), annotations and labels (may be empty). */}}
{{- define "ms-swift.metadata" -}}
name: {{ list (.name | default (include "ms-swift.fullname" .root)) .suffix | compact | join "-" | toYaml }}
namespace: {{ .root.Release.Namespace | toYaml }}
labels:
  {{- include "ms-swift.labels" .root | nindent 2 }}
  {{- with .labels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with .annotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "ms-swift.serviceAccountName" -}}
{{- .Values.serviceAccount.name | default (ternary (include "ms-swift.fullname" .) "default" .Values.serviceAccount.create) -}}
{{- end -}}

{{/* The engine's image: the vendor's published one where values are silent. */}}
{{- define "ms-swift.plan.image" -}}
{{- $published := get (.Files.Get "files/images.yaml" | fromYaml) .plan.vendor -}}
{{- $own := .Values.image -}}
{{- $image := dict "registry" ($own.registry | default (ternary "" $published.registry (ne $own.repository ""))) "repository" ($own.repository | default $published.repository) "tag" ($own.tag | default (ternary .Chart.AppVersion $published.tag (ne $own.repository ""))) "digest" $own.digest -}}
{{- $told := ternary "" $image.tag (and (not (empty $own.digest)) (empty $own.tag)) -}}
{{- $_ := set .plan "image" (include "ms-swift.image" $image) -}}
{{- /* The release inside: …swift4.4.3, 4.6.0, v4.3.0-A2-…; unknown otherwise, as of a digest alone. */ -}}
{{- $_ := set .plan "swift" (.Values.swiftVersion | default (regexFind "[0-9]+\\.[0-9]+\\.[0-9]+$" (regexFind "(^v?|swift)[0-9]+\\.[0-9]+\\.[0-9]+" $told))) -}}
{{- end -}}

{{/* An image reference of {registry, repository, tag, digest}. */}}
{{- define "ms-swift.image" -}}
{{- $name := printf "%s%s" (ternary (printf "%s/" .registry) "" (not (empty .registry))) .repository -}}
{{- ternary (printf "%s@%s" $name .digest) (printf "%s:%s" $name .tag) (not (empty .digest)) -}}
{{- end -}}

{{/* Where a Job writes. */}}
{{- define "ms-swift.outputPath" -}}
{{- .Values.output.path | default (printf "%s/outputs/%s" .Values.cache.mountPath .Release.Name) | clean -}}
{{- end -}}
