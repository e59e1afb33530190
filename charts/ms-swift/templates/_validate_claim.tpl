{{/* What is read from the claim, and written to it. */}}
{{- define "ms-swift.checkClaimUse" -}}
{{- if and (not .Values.cache.enabled) (ne .plan.kind "serve") -}}
{{- fail (printf "task %s writes its result to the claim: set cache.enabled=true" .plan.task) -}}
{{- end -}}
{{- if and (not .Values.cache.enabled) .plan.model.fetched -}}
{{- fail (printf "model %s would be looked for on the claim, and cache.enabled is false: set it to true, or model.path to weights in the image or in extraVolumes" .plan.model.id) -}}
{{- end -}}
{{- if and .Values.cache.enabled (not .Values.cache.existingClaim) (eq (join "," (uniq .Values.cache.accessModes)) "ReadOnlyMany") -}}
{{- fail "cache.accessModes [ReadOnlyMany] makes a claim that nothing can be written to: add ReadWriteMany, or name one that is filled in cache.existingClaim" -}}
{{- end -}}
{{- if and (eq .plan.kind "download") .Values.model.path -}}
{{- fail (printf "task download fetches model.id, but model.path %s says that the weights are there: leave it empty" .Values.model.path) -}}
{{- end -}}
{{- if and (eq .plan.kind "download") (not .Values.cache.seed.enabled) -}}
{{- fail "task download does what cache.seed.enabled=false forbids: set it to true" -}}
{{- end -}}
{{- $kept := list .Values.cache.mountPath -}}
{{- range .Values.extraVolumeMounts -}}{{- $kept = append $kept .mountPath -}}{{- end -}}
{{- $below := "" -}}
{{- range $kept -}}{{- if hasPrefix (printf "%s/" (clean .)) $.plan.output -}}{{- $below = . -}}{{- end -}}{{- end -}}
{{- if and .plan.output (not $below) -}}
{{- fail (printf "output.path %s is not on the claim and would be lost with the pod: choose a directory below %s" .Values.output.path (join " or " $kept)) -}}
{{- end -}}
{{- if and (eq .Values.model.hub "directory") .plan.model.fetched .Values.cache.enabled (not .Values.cache.seed.source) -}}
{{- fail "model.hub directory needs cache.seed.source, the absolute path in the pod that the model is taken from" -}}
{{- end -}}
{{- if and (eq .Values.model.hub "mirror") (include "ms-swift.seeds" .) (not .Values.cache.seed.endpoint) -}}
{{- fail "model.hub mirror needs cache.seed.endpoint, its address" -}}
{{- end -}}
{{- if (urlParse (.Values.cache.seed.proxy | default "")).userinfo -}}
{{- include "ms-swift.warn" (dict "root" . "text" "cache.seed.proxy carries a name or password, which stands in a ConfigMap that whoever reads the namespace can see. Take a proxy that knows the pods by their address, or cache.seed.endpoint with a mirror of the site.") -}}
{{- end -}}
{{- end -}}

{{/* Data sets that only a hub has, and a NetworkPolicy that lets the pod reach none. */}}
{{- define "ms-swift.checkReach" -}}
{{- $sets := dict "train.dataset" (concat (.Values.train.dataset | default list) (.Values.train.valDataset | default list)) "export.dataset" .Values.export.dataset "eval.datasets" .Values.eval.datasets "infer.dataset" .Values.infer.dataset -}}
{{- $value := get (dict "sft" "train.dataset" "pt" "train.dataset" "rlhf" "train.dataset" "export" "export.dataset" "eval" "eval.datasets" "infer" "infer.dataset" "sample" "infer.dataset") .plan.task -}}
{{- $far := list -}}
{{- range get $sets $value | default list -}}{{- if not (hasPrefix "/" (toString .)) -}}{{- $far = append $far (toString .) -}}{{- end -}}{{- end -}}
{{- $policy := .Values.networkPolicy -}}
{{- $open := or (not $policy.enabled) $policy.publicEgress $policy.egress (and (include "ms-swift.seeds" .) (not .Values.cache.seed.endpoint)) -}}
{{- if and $far (not $open) -}}
{{- include "ms-swift.warn" (dict "root" . "text" (printf "%s has %s, which is fetched from a hub, and the NetworkPolicy lets the pod reach none: set networkPolicy.publicEgress=true or networkPolicy.egress, or give a path below %s." $value (first $far) .Values.cache.mountPath)) -}}
{{- end -}}
{{- end -}}
