{{/* HAProxy beside the engine: answers 401 where ms-swift says 400 or 500, limits concurrency (the transformers engine
     serves one request at a time), queues the rest, and counts. A native sidecar: it ends after the engine. */}}
{{- define "ms-swift.proxyContainer" -}}
name: proxy
restartPolicy: Always
image: {{ include "ms-swift.image" (merge (dict "registry" (.Values.image.registry | default .Values.proxy.image.registry)) .Values.proxy.image) }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
command: [haproxy, -W, -db, -f, /etc/swift/haproxy.cfg]
ports:
  - {name: http, containerPort: {{ .plan.ports.entry }}}
  - {name: metrics, containerPort: {{ .Values.proxy.metricsPort }}}
startupProbe:
  tcpSocket: {port: metrics}
  periodSeconds: 1
  failureThreshold: 30
lifecycle:
  preStop:
    {{- /* A SIGTERM in the first moment, before HAProxy listens to signals, is lost on a first process. */}}
    exec:
      command: [sleep, "1"]
securityContext:
  {{- toYaml .Values.securityContext | nindent 2 }}
resources:
  {{- toYaml .Values.proxy.resources | nindent 2 }}
volumeMounts:
  - {name: run, mountPath: /etc/swift, readOnly: true}
  - {name: tmp, mountPath: /tmp}
  {{- if .Values.apiKey.existingSecret }}
  - {name: api-key, mountPath: /run/secrets/swift, readOnly: true}
  {{- end }}
{{- end -}}

{{/* Requests at once: what values say, else one for transformers and 256 (vLLM's default) for the others. A page of gradio
     keeps a stream open for every reader and queues by itself. */}}
{{- define "ms-swift.concurrency" -}}
{{- .Values.proxy.maxConcurrency | default .Values.engine.maxConcurrency | default (ternary 1 256 (and (eq .plan.backend "transformers") (not .plan.interface))) | int -}}
{{- end -}}

{{- define "ms-swift.haproxy" -}}
global
    log stdout format raw local0
    {{- /* Callers that run and wait, and as many again that come or have come. */}}
    maxconn {{ max 4096 (mul 2 (add (int (include "ms-swift.concurrency" .)) (int .Values.proxy.maxQueue))) }}
    hard-stop-after {{ int .Values.terminationGracePeriodSeconds }}s

defaults
    mode http
    log global
    option dontlognull
    option abortonclose
    option http-no-delay
    timeout connect 5s
    timeout http-request 60s
    timeout client {{ int .Values.proxy.answerSeconds }}s
    timeout server {{ int .Values.proxy.answerSeconds }}s
    timeout queue {{ int .Values.proxy.queueSeconds }}s

frontend entry
    option httplog
    bind :{{ .plan.ports.entry }}
    {{- if not .plan.interface }}
    acl health path /health /ping
    {{- end }}
    acl too_large req.hdr_val(content-length) gt {{ mul 1048576 (int .Values.proxy.maxBodyMiB) }}
    {{- /* A body in chunks says no length, and could be of any. */}}
    acl length_unknown req.hdr_cnt(content-length) eq 0
    acl queue_full queue(engine) ge {{ int .Values.proxy.maxQueue }}
    http-request return status 413 content-type application/json string '{"error":{"message":"The body is larger than {{ int .Values.proxy.maxBodyMiB }} MiB.","type":"invalid_request_error"}}' if too_large
    http-request return status 411 content-type application/json string '{"error":{"message":"The length of the body is not known: send Content-Length.","type":"invalid_request_error"}}' if length_unknown { method POST PUT PATCH }
    {{- if .plan.signIn }}
    http-request auth realm ms-swift unless { http_auth_pass -m str -f /run/secrets/swift/api-key }
    http-request del-header authorization
    {{- else if .Values.apiKey.existingSecret }}
    acl key_right req.fhdr(authorization),regsub("^Bearer +","",i) -m str -f /run/secrets/swift/api-key
    http-request return status 401 content-type application/json hdr WWW-Authenticate Bearer string '{"error":{"message":"The API key is missing or wrong.","type":"authentication_error"}}' unless health or key_right
    {{- end }}
    http-request return status 429 content-type application/json hdr Retry-After 5 string '{"error":{"message":"The queue is full.","type":"overloaded_error"}}' if queue_full{{ if not .plan.interface }} !health{{ end }}
    {{- if not .plan.interface }}
    use_backend health if health
    {{- end }}
    default_backend engine

backend engine
    {{- if not .plan.interface }}
    option httpchk GET /health
    {{- end }}
    server engine 127.0.0.1:{{ .plan.ports.engine }} maxconn {{ include "ms-swift.concurrency" . }} maxqueue {{ int .Values.proxy.maxQueue }} check inter 2s downinter 100ms fall 3 rise 1
{{- if not .plan.interface }}

backend health
    {{- /* Beside the queue: a load balancer would take a pod that works for a dead one. */}}
    server engine 127.0.0.1:{{ .plan.ports.engine }}
{{- end }}

frontend metrics
    bind :{{ .Values.proxy.metricsPort }}
    http-request use-service prometheus-exporter if { path /metrics }
    no log
{{ end -}}
