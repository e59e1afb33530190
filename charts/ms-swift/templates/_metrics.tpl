{{- define "ms-swift.metricsPort" -}}
{{- ternary .Values.proxy.metricsPort .plan.ports.engine (eq .Values.metrics.source "proxy") -}}
{{- end -}}

{{/* Over how long a rate is counted: of four readings, since two are needed and one may be missing. */}}
{{- define "ms-swift.rateWindow" -}}
{{- $interval := .Values.metrics.serviceMonitor.interval -}}
{{- printf "%ds" (max 60 (mul 4 (ternary 60 1 (hasSuffix "m" $interval)) (int (regexFind "^[0-9]+" $interval)))) -}}
{{- end -}}

{{/* Requests that the proxy answers or that ask for health are no work for a pod, and never reach the backend engine: with those of
     wrong keys, whoever has none could scale. */}}
{{/* One dictionary for autoscaler, rules and dashboard: what to ask Prometheus, by source. */}}
{{- define "ms-swift.queries" -}}
{{- $where := printf "namespace=%q,service=\"%s-metrics\"" .Release.Namespace (include "ms-swift.fullname" .) -}}
{{- $window := include "ms-swift.rateWindow" . -}}
{{- $long := printf "%ds" (max 300 (trimSuffix "s" $window | int)) -}}
{{- if eq .Values.metrics.source "proxy" -}}
requests: {{ printf "sum(rate(haproxy_backend_http_requests_total{%s,proxy=\"engine\"}[%s]))" $where $window | quote }}
queue: {{ printf "sum(haproxy_backend_current_queue{%s,proxy=\"engine\"})" $where | quote }}
errors: {{ printf "sum(rate(haproxy_frontend_http_responses_total{%s,proxy=\"entry\",code=\"5xx\"}[%s]))" $where $long | quote }}
seconds: {{ printf "max(haproxy_backend_total_time_average_seconds{%s,proxy=\"engine\"})" $where | quote }}
up: {{ printf "sum(haproxy_backend_active_servers{%s,proxy=\"engine\"})" $where | quote }}
{{- else -}}
requests: {{ printf "sum(rate(vllm:request_success_total{%s}[%s]))" $where $window | quote }}
queue: {{ printf "sum(vllm:num_requests_waiting{%s})" $where | quote }}
errors: {{ printf "sum(rate(http_requests_total{%s,status=\"5xx\"}[%s]))" $where $long | quote }}
seconds: {{ printf "sum(rate(vllm:e2e_request_latency_seconds_sum{%[1]s}[%[2]s])) / sum(rate(vllm:e2e_request_latency_seconds_count{%[1]s}[%[2]s]))" $where $long | quote }}
up: {{ printf "sum(up{%s})" $where | quote }}
{{- end -}}
{{- end -}}
