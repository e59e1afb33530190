{{/* What must be right before the engine starts: the device, then the model; then the proxy, which stays. */}}
{{- define "ms-swift.initContainers" -}}
{{- $checks := and .Values.deviceCheck.enabled (ne .plan.vendor "cpu") -}}
{{- $seeds := and (include "ms-swift.seeds" .) (ne .plan.kind "download") -}}
{{- /* One container for both where one image does for both: each costs a start and kubelet's next look. */}}
{{- $together := and $checks $seeds (empty (.Values.cache.seed.image | default dict).repository) }}
{{- if and $checks (not $together) }}
- name: devices
  image: {{ .plan.image }}
  imagePullPolicy: {{ .Values.image.pullPolicy }}
  command: [{{ include "ms-swift.deviceCheck" . }}]
  securityContext:
    {{- toYaml .Values.securityContext | nindent 4 }}
  resources:
    {{- /* The same devices: kubelet hands those of an initContainer on to the engine. */}}
    limits: {cpu: "1", memory: 256Mi, {{ .plan.resource }}: {{ .plan.count }}}
    requests: {cpu: 10m, memory: 64Mi}
  volumeMounts:
    - {name: run, mountPath: /etc/swift, readOnly: true}
{{- end }}
{{- if $seeds }}
- {{ include "ms-swift.seedContainer" (merge (dict "checked" $together) .) | nindent 2 | trim }}
{{- end }}
{{- if and .Values.proxy.enabled (eq .plan.kind "serve") (not .worker) }}
- {{ include "ms-swift.proxyContainer" . | nindent 2 | trim }}
{{- end }}
{{- end -}}

{{/* Ends well where the pod has the devices that it asks for; then becomes the module that follows, if one does. */}}
{{- define "ms-swift.deviceCheck" -}}
python, /etc/swift/devices.py, {{ .plan.vendor }}, {{ ternary 0 .plan.count (ne .plan.sharing "none") | quote }}, /etc/swift/compatibility.json
{{- end -}}

{{/* The collection's cache engine: fetches what is missing, resumes, checks sha256; a verified model costs one stat a file. */}}
{{- define "ms-swift.seedContainer" -}}
{{- with .Values.cache.seed.image -}}
{{- if and .repository (not .tag) (not .digest) -}}
{{- fail (printf "cache.seed.image.repository is %s without a tag: set cache.seed.image.tag or digest" .repository) -}}
{{- end -}}
{{- end -}}
{{- $own := merge (dict) (.Values.cache.seed.image | default dict) (dict "registry" .Values.image.registry) -}}
name: model
image: {{ ternary (include "ms-swift.image" $own) .plan.image (not (empty $own.repository)) }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
command: [{{ if .checked }}{{ include "ms-swift.deviceCheck" . }}{{ else }}python3, -m{{ end }}, swift_seed._cache.cli, seed, --spec, /etc/swift/spec.json, --log, {{ .Values.cache.seed.log }}]
workingDir: /tmp
env:
  - {name: HOME, value: /tmp}
  - {name: PYTHONPATH, value: /opt}
  - {name: PYTHONDONTWRITEBYTECODE, value: "1"}
  - {name: PYTHONUNBUFFERED, value: "1"}
securityContext:
  {{- toYaml .Values.securityContext | nindent 2 }}
resources:
  {{- $resources := deepCopy (.Values.cache.seed.resources | default dict) }}
  {{- if .checked }}
  {{- /* The same devices: kubelet hands those of an initContainer on to the engine. */}}
  {{- $_ := set $resources "limits" (merge (dict .plan.resource .plan.count) ($resources.limits | default dict)) }}
  {{- end }}
  {{- toYaml $resources | nindent 2 }}
volumeMounts:
  - {name: run, mountPath: /etc/swift, readOnly: true}
  - {name: seed-cache, mountPath: /opt/swift_seed/_cache, readOnly: true}
  - {name: seed-hub, mountPath: /opt/swift_seed/_hub, readOnly: true}
  - {name: tmp, mountPath: /tmp}
  - {name: cache, mountPath: {{ .Values.cache.mountPath }}}
  {{- if .Values.cache.seed.token.existingSecret }}
  - {name: hub-token, mountPath: /run/secrets/hub, readOnly: true}
  {{- end }}
  {{- if .Values.cache.seed.caConfigMap }}
  - {name: hub-ca, mountPath: /etc/hub-ca, readOnly: true}
  {{- end }}
{{- end -}}

{{- define "ms-swift.spec" -}}
{{- $seed := .Values.cache.seed -}}
{{- $from := dict "hub" .Values.model.hub -}}
{{- range $name, $value := dict "endpoint" $seed.endpoint "proxy" $seed.proxy "source" $seed.source "token_file" (ternary "/run/secrets/hub/hub-token" "" (not (empty $seed.token.existingSecret))) "ca_file" (ternary "/etc/hub-ca/ca.crt" "" (not (empty $seed.caConfigMap))) -}}
{{- include "ms-swift.option" (dict "into" $from "name" $name "value" $value) -}}
{{- end -}}
{{- $model := merge (dict "id" .plan.model.id) $from -}}
{{- range $name, $value := dict "revision" .Values.model.revision "include" $seed.include "exclude" $seed.exclude -}}
{{- include "ms-swift.option" (dict "into" $model "name" $name "value" $value) -}}
{{- end -}}
{{- $models := list $model -}}
{{- range $seed.also -}}{{- $models = append $models (merge (dict) . $from) -}}{{- end -}}
{{- $spec := dict "root" .Values.cache.mountPath "models" $models "verify" $seed.verify -}}
{{- range $name, $value := dict "rate_limit" $seed.rateLimit "rate_schedule" $seed.rateSchedule "workers" (int $seed.workers) -}}
{{- include "ms-swift.option" (dict "into" $spec "name" $name "value" $value) -}}
{{- end -}}
{{- toPrettyJson $spec -}}
{{- end -}}
