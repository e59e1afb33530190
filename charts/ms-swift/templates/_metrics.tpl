{{- define "ms-swift.metricsPort" -}}
{{- ternary .Values.proxy.metricsPort .plan.ports.engine (eq .Values.metrics.source "proxy") -}}
{{- end -}}

{{/* One dictionary for autoscaler, rules and dashboard: what to ask Prometheus, by source. */}}
{{- define "ms-swift.queries" -}}
{{- $where := printf "namespace=%q,service=\"%s-metrics\"" .Release.Namespace (include "ms-swift.fullname" .) -}}
{{- if eq .Values.metrics.source "proxy" -}}
requests: {{ printf "sum(rate(haproxy_frontend_http_requests_total{%s,proxy=\"entry\"}[1m]))" $where | quote }}
queue: {{ printf "sum(haproxy_backend_current_queue{%s,proxy=\"engine\"})" $where | quote }}
errors: {{ printf "sum(rate(haproxy_frontend_http_responses_total{%s,proxy=\"entry\",code=\"5xx\"}[5m]))" $where | quote }}
seconds: {{ printf "max(haproxy_backend_total_time_average_seconds{%s,proxy=\"engine\"})" $where | quote }}
up: {{ printf "sum(haproxy_backend_active_servers{%s,proxy=\"engine\"})" $where | quote }}
{{- else -}}
requests: {{ printf "sum(rate(vllm:request_success_total{%s}[1m]))" $where | quote }}
queue: {{ printf "sum(vllm:num_requests_waiting{%s})" $where | quote }}
errors: {{ printf "sum(rate(http_requests_total{%s,status=\"5xx\"}[5m]))" $where | quote }}
seconds: {{ printf "sum(rate(vllm:e2e_request_latency_seconds_sum{%s}[5m])) / sum(rate(vllm:e2e_request_latency_seconds_count{%s}[5m]))" $where $where | quote }}
up: {{ printf "count(vllm:num_requests_running{%s})" $where | quote }}
{{- end -}}
{{- end -}}
