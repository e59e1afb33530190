{{/* Who may come in: callers to the entry, Prometheus to the numbers, pods of a training to each other. */}}
{{- define "ms-swift.networkIn" -}}
{{- if eq .plan.kind "serve" }}
- ports:
    - {protocol: TCP, port: {{ .plan.ports.entry }}}
  {{- with .Values.networkPolicy.from }}
  from:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- if and (eq .Values.metrics.source "proxy") .Values.proxy.enabled }}
- ports:
    - {protocol: TCP, port: {{ .Values.proxy.metricsPort }}}
  {{- with .Values.networkPolicy.metricsFrom }}
  from:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}
{{- end }}
{{- with include "ms-swift.peers" . | trim }}
- from:
    {{- . | nindent 4 }}
{{- end }}
{{- end -}}

{{/* The other pods of one training, or of one copy of a model. */}}
{{- define "ms-swift.peers" -}}
{{- if or (gt .plan.nodes 1) (and (eq .plan.kind "train") (gt (int .Values.train.nodes) 1)) -}}
- podSelector:
    matchLabels:
      {{- include (ternary "ms-swift.groupLabels" "ms-swift.selectorLabels" (gt .plan.nodes 1)) . | nindent 6 }}
{{- end -}}
{{- end -}}

{{/* Where a pod may go: the public hub and, for media in requests, public addresses; a hub of the site by its port;
     nothing inside the cluster but DNS. */}}
{{- define "ms-swift.networkOut" -}}
{{- $remote := compact (list .Values.cache.seed.endpoint .Values.cache.seed.proxy .Values.eval.url .Values.ui.baseUrl) -}}
{{- range $address := $remote | uniq }}
{{- $url := urlParse $address }}
{{- $port := regexFind "[0-9]+$" (regexFind ":[0-9]+$" $url.host) }}
- ports:
    - {protocol: TCP, port: {{ $port | default (ternary 443 80 (eq $url.scheme "https")) }}}
{{- end }}
{{- if or .Values.eval.url .Values.ui.baseUrl }}
{{- /* A policy sees the port of the pod behind a Service: that of another release of this chart may be any. */}}
- to:
    - namespaceSelector: {}
      podSelector:
        matchLabels: {app.kubernetes.io/part-of: ms-swift}
{{- end }}
{{- if or .Values.networkPolicy.publicEgress (and (include "ms-swift.seeds" .) (not .Values.cache.seed.endpoint)) }}
- ports:
    - {protocol: TCP, port: 443}
    - {protocol: TCP, port: 80}
  to:
    - ipBlock:
        cidr: 0.0.0.0/0
        except: [10.0.0.0/8, 100.64.0.0/10, 127.0.0.0/8, 169.254.0.0/16, 172.16.0.0/12, 192.168.0.0/16]
{{- end }}
{{- with include "ms-swift.peers" . | trim }}
- to:
    {{- . | nindent 4 }}
{{- end }}
{{- with .Values.networkPolicy.egress }}
{{ toYaml . }}
{{- end }}
{{- end -}}
