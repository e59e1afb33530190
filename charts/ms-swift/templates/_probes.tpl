{{/*
The engine opens its port after the weights are in memory: until then only the startup probe asks. Its patience follows
from the model's bytes at the read rate of slow storage. Afterwards /health answers without touching the engine, so a
failing liveness probe really means a dead process.
*/}}
{{- define "ms-swift.startupSeconds" -}}
{{- $bytes := mul 2 (int64 .plan.model.parameters) -}}
{{- $reading := div $bytes (mul 1048576 (int64 .Values.probes.readMiBPerSecond)) -}}
{{- .Values.probes.startupSeconds | default (add 300 $reading) -}}
{{- end -}}

{{- define "ms-swift.probes" -}}
startupProbe:
  httpGet: {path: /health, port: http}
  periodSeconds: 5
  timeoutSeconds: 3
  failureThreshold: {{ div (add (int64 (include "ms-swift.startupSeconds" .)) 4) 5 }}
readinessProbe:
  httpGet: {path: /health, port: http}
  periodSeconds: 5
  timeoutSeconds: 3
  failureThreshold: 2
livenessProbe:
  httpGet: {path: /health, port: http}
  periodSeconds: 20
  timeoutSeconds: 10
  failureThreshold: 6
lifecycle:
  preStop:
    exec:
      command: [python, -c, import time; time.sleep({{ .Values.drainSeconds }})]
{{- end -}}
