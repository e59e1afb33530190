{{/*
The engine opens its port after the weights are in memory: until then only the startup probe asks. Its patience follows
from the model's bytes at the read rate of slow storage. Afterwards /health answers without touching the engine, so a
failing liveness probe really means a dead process. The web interfaces have no /health: their port must open,
seen from inside where they listen to the pod's own proxy alone.
*/}}
{{- define "ms-swift.startupSeconds" -}}
{{- $bytes := mul 2 (int64 .plan.model.size) -}}
{{- $reading := div $bytes (mul 1048576 (int64 .Values.probes.readMiBPerSecond)) -}}
{{- .Values.probes.startupSeconds | default (add 300 $reading) -}}
{{- end -}}

{{/* Seconds after which a rollout counts as failed: the pod's place and image, its model over a line of 10 MiB/s, and the start. */}}
{{- define "ms-swift.rolloutSeconds" -}}
{{- $fetching := ternary (div (mul 2 (int64 .plan.model.size)) 10485760) 0 (not (empty (include "ms-swift.seeds" .))) -}}
{{- add 600 $fetching (int64 (include "ms-swift.startupSeconds" .)) -}}
{{- end -}}

{{- define "ms-swift.checkDrain" -}}
{{- if and (eq .plan.kind "serve") (ge (int .Values.drainSeconds) (int .Values.terminationGracePeriodSeconds)) -}}
{{- fail (printf "terminationGracePeriodSeconds %d is over before drainSeconds %d are, and the engine would be killed with its answers: make it longer by the longest answer" (int .Values.terminationGracePeriodSeconds) (int .Values.drainSeconds)) -}}
{{- end -}}
{{- end -}}

{{- define "ms-swift.probe" -}}
{{- if .plan.signIn }}
exec: {command: [python, -c, "import socket; socket.create_connection(('127.0.0.1', {{ .plan.ports.engine }}), 2)"]}
{{- else if .plan.interface }}
tcpSocket: {port: engine}
{{- else }}
httpGet: {path: /health, port: engine}
{{- end }}
{{- end -}}

{{- define "ms-swift.probes" -}}
startupProbe:
  {{- include "ms-swift.probe" . | trim | nindent 2 }}
  {{- /* Every second, so that callers do not wait for a probe; a program in the pod costs more than a request. */}}
  {{- $period := ternary 5 1 .plan.signIn }}
  periodSeconds: {{ $period }}
  timeoutSeconds: 3
  failureThreshold: {{ div (add (int64 (include "ms-swift.startupSeconds" .)) (sub $period 1)) $period }}
readinessProbe:
  {{- include "ms-swift.probe" . | trim | nindent 2 }}
  periodSeconds: 5
  timeoutSeconds: 3
  failureThreshold: 2
livenessProbe:
  {{- include "ms-swift.probe" . | trim | nindent 2 }}
  periodSeconds: 20
  timeoutSeconds: 10
  failureThreshold: 6
lifecycle:
  preStop:
    {{- /* Endpoints forget the pod meanwhile; then SIGTERM closes the socket and running answers end whole. */}}
    exec:
      command: [python, -c, import time; time.sleep({{ int .Values.drainSeconds }})]
{{- end -}}

{{/* One pod: Recreate. A rolling update would do the same, but with maxUnavailable 1 `helm --wait` calls zero pods ready. */}}
{{- define "ms-swift.strategy" -}}
{{- if .Values.strategy -}}
{{- toYaml (ternary .Values.strategy (omit .Values.strategy "rollingUpdate") (not (empty .Values.strategy.rollingUpdate))) -}}
{{- else if and (eq (int .Values.replicaCount) 1) (not .Values.autoscaling.enabled) -}}
type: Recreate
{{- else -}}
type: RollingUpdate
rollingUpdate: {maxSurge: 0, maxUnavailable: 1}
{{- end -}}
{{- end -}}
