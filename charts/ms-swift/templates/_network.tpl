{{/* Who may come in: callers to the entry, Prometheus to the numbers, pods of a training to each other. */}}
{{- define "ms-swift.networkIn" -}}
{{- if eq .plan.kind "serve" }}
- ports:
    - {protocol: TCP, port: {{ .plan.ports.entry }}}
  {{- with .Values.networkPolicy.from }}
  from:
    {{- toYaml . | nindent 4 }}
    {{- if not $.plan.interface }}
    {{- /* `helm test` asks from a pod of its own. */}}
    - podSelector:
        matchLabels:
          {{- include "ms-swift.askLabels" $ | nindent 10 }}
    {{- end }}
  {{- end }}
{{- include "ms-swift.networkNumbers" . }}
{{- end }}
{{- with include "ms-swift.peers" . | trim }}
- from:
    {{- . | nindent 4 }}
{{- end }}
{{- end -}}

{{/* vLLM's numbers lie on the engine's own port, which opens to no more peers than the entry unless they are named. */}}
{{- define "ms-swift.networkNumbers" -}}
{{- if ne .Values.metrics.source "none" }}
{{- $port := int (include "ms-swift.metricsPort" .) }}
{{- $peers := .Values.networkPolicy.metricsFrom | default (ternary .Values.networkPolicy.from list (eq .Values.metrics.source "vllm")) }}
{{- if or (ne $port .plan.ports.entry) .Values.networkPolicy.metricsFrom }}
- ports:
    - {protocol: TCP, port: {{ $port }}}
  {{- with $peers }}
  from:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}
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
{{- range .Values.cache.seed.also }}
{{- $remote = concat $remote (compact (list .endpoint .proxy)) }}
{{- range .endpoints }}
{{- if kindIs "map" . }}{{- $remote = concat $remote (compact (list .endpoint .proxy)) }}{{- else }}{{- $remote = append $remote . }}{{- end }}
{{- end }}
{{- end }}
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
