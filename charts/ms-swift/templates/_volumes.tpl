{{- define "ms-swift.shm" -}}
{{- if and (ne .plan.vendor "cpu") (ne .plan.sharing "mps") -}}
{{ .Values.shm.size | default (ternary "16Gi" "2Gi" (gt .plan.count 1)) }}
{{- end -}}
{{- end -}}

{{- define "ms-swift.seeds" -}}
{{- if and .Values.cache.enabled .Values.cache.seed.enabled .plan.model.fetched }}yes{{ end -}}
{{- end -}}

{{- define "ms-swift.volumes" -}}
- name: run
  configMap:
    name: {{ include "ms-swift.fullname" . }}
    defaultMode: 0555
{{- if include "ms-swift.seeds" . }}
{{- range $package := list "cache" "hub" }}
- name: seed-{{ $package }}
  configMap:
    name: {{ include "ms-swift.fullname" $ }}-seed-{{ $package }}
{{- end }}
{{- end }}
{{- if and (eq .plan.kind "serve") (not .plan.interface) (ne (toString .Values.podSecurityContext.runAsUser) "0") }}
- name: script
  configMap:
    name: {{ include "ms-swift.fullname" . }}
    items:
      - {key: yichuidingyin.sh, path: yichuidingyin.sh, mode: 0555}
{{- end }}
- name: tmp
  emptyDir:
    sizeLimit: {{ .Values.scratch.size }}
- name: empty
  emptyDir:
    sizeLimit: 1Mi
{{- with include "ms-swift.shm" . }}
- name: shm
  emptyDir:
    medium: Memory
    sizeLimit: {{ . }}
{{- end }}
{{- if .Values.cache.enabled }}
- name: cache
  persistentVolumeClaim:
    claimName: {{ include "ms-swift.claim" . | toYaml }}
{{- end }}
{{- range $volume, $secret := dict "api-key" .Values.apiKey "hub-token" .Values.cache.seed.token }}
{{- if and $secret.existingSecret (or (eq $volume "api-key") (include "ms-swift.seeds" $)) }}
- name: {{ $volume }}
  secret:
    secretName: {{ $secret.existingSecret | toYaml }}
    defaultMode: 0440
    items:
      - {key: {{ $secret.key | toYaml }}, path: {{ $volume }}}
{{- end }}
{{- end }}
{{- with .Values.cache.seed.caConfigMap }}
- name: hub-ca
  configMap:
    name: {{ . | toYaml }}
{{- end }}
{{- with .Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "ms-swift.volumeMounts" -}}
- {name: run, mountPath: /etc/swift, readOnly: true}
- {name: tmp, mountPath: /tmp}
- {name: empty, mountPath: /var/empty/swift, readOnly: true}
{{- if include "ms-swift.shm" . }}
- {name: shm, mountPath: /dev/shm}
{{- end }}
{{- if .Values.cache.enabled }}
- {name: cache, mountPath: {{ .Values.cache.mountPath }}, readOnly: {{ and (eq .plan.kind "serve") (ne .plan.task "web-ui") }}}
{{- end }}
{{- if and .Values.apiKey.existingSecret (not .plan.interface) }}
- {name: api-key, mountPath: /run/secrets/swift, readOnly: true}
{{- end }}
{{- if and (eq .plan.kind "serve") (not .plan.interface) }}
{{- /* uid 1000 may not enter most images' /root: a volume in its place is readable. As root, only the file is laid in. */}}
{{- if eq (toString .Values.podSecurityContext.runAsUser) "0" }}
- {name: run, mountPath: /root/yichuidingyin.sh, subPath: yichuidingyin.sh, readOnly: true}
{{- else }}
- {name: script, mountPath: /root, readOnly: true}
{{- end }}
{{- end }}
{{- with .Values.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end -}}
