{{/* What each controller calls the same wishes: body size, patience for long streams, no buffering, sign-in. */}}
{{- define "ms-swift.ingressAnnotations" -}}
{{- $ingress := .Values.ingress -}}
{{- $auth := $ingress.auth -}}
{{- $nginx := "nginx.ingress.kubernetes.io" -}}
{{- $out := dict -}}
{{- if eq $ingress.controller "nginx" -}}
{{- $out = dict (printf "%s/proxy-body-size" $nginx) (printf "%dm" (int .Values.proxy.maxBodyMiB)) (printf "%s/proxy-read-timeout" $nginx) (int .Values.proxy.answerSeconds | toString) (printf "%s/proxy-send-timeout" $nginx) (int .Values.proxy.answerSeconds | toString) (printf "%s/proxy-buffering" $nginx) "off" -}}
{{- if eq $auth.type "basic" -}}
{{- $out = merge $out (dict (printf "%s/auth-type" $nginx) "basic" (printf "%s/auth-secret" $nginx) $auth.secret (printf "%s/auth-realm" $nginx) "ms-swift") -}}
{{- else if eq $auth.type "oidc" -}}
{{- $out = merge $out (dict (printf "%s/auth-url" $nginx) $auth.url) -}}
{{- with $auth.signIn -}}{{- $_ := set $out (printf "%s/auth-signin" $nginx) . -}}{{- end -}}
{{- end -}}
{{- else if eq $ingress.controller "traefik" -}}
{{- if ne $auth.type "none" -}}{{- $out = dict "traefik.ingress.kubernetes.io/router.middlewares" $auth.middleware -}}{{- end -}}
{{- else if eq $ingress.controller "haproxy" -}}
{{- $out = dict "haproxy.org/timeout-server" (printf "%ds" (int .Values.proxy.answerSeconds)) -}}
{{- if eq $auth.type "basic" -}}{{- $out = merge $out (dict "haproxy.org/auth-type" "basic-auth" "haproxy.org/auth-secret" $auth.secret) -}}{{- end -}}
{{- end -}}
{{- with $ingress.clusterIssuer -}}{{- $_ := set $out "cert-manager.io/cluster-issuer" . -}}{{- end -}}
{{- merge (dict) ($ingress.annotations | default dict) $out | toYaml -}}
{{- end -}}
