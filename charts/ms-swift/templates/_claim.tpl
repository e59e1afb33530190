{{/* The claim that holds models and results. */}}
{{- define "ms-swift.claim" -}}
{{- .Values.cache.existingClaim | default (printf "%s-cache" (include "ms-swift.fullname" .)) -}}
{{- end -}}

{{/* Room for the model's 16-bit weights, half as much again, and 20 GiB. */}}
{{- define "ms-swift.claimSize" -}}
{{- printf "%dGi" (add 20 (div (mul 3 (int64 .plan.model.size)) 1073741824)) -}}
{{- end -}}

{{/* A claim outlives its release; Kubernetes changes neither its access modes nor its class. Arguments root, claim (its spec). */}}
{{- define "ms-swift.checkClaim" -}}
{{- $cache := .root.Values.cache -}}
{{- $name := include "ms-swift.claim" .root -}}
{{- if and .claim.accessModes (ne (join "," .claim.accessModes) (join "," $cache.accessModes)) -}}
{{- fail (printf "cache.accessModes is %v, but claim %s is there with %v and cannot change: set it to that, or name another claim in cache.existingClaim" $cache.accessModes $name .claim.accessModes) -}}
{{- end -}}
{{- if and .claim.storageClassName $cache.storageClass (ne .claim.storageClassName $cache.storageClass) -}}
{{- fail (printf "cache.storageClass is %s, but claim %s is there with %s and cannot change: set it to that, or name another claim in cache.existingClaim" $cache.storageClass $name .claim.storageClassName) -}}
{{- end -}}
{{- end -}}

{{/* Bytes of a quantity, such as 200Gi. */}}
{{- define "ms-swift.bytes" -}}
{{- $unit := regexFind "[A-Za-z]*$" . -}}
{{- $factor := get (dict "Ki" 1024 "Mi" 1048576 "Gi" 1073741824 "Ti" 1099511627776 "Pi" 1125899906842624 "k" 1000 "M" 1000000 "G" 1000000000 "T" 1000000000000 "P" 1000000000000000) $unit | default 1 -}}
{{- mulf (float64 (trimSuffix $unit .)) $factor -}}
{{- end -}}

{{/* What the claim asks for. It never shrinks, and grows only where its class allows: another model alone does not change it. Arguments root, claim (its spec). */}}
{{- define "ms-swift.claimRequest" -}}
{{- $there := dig "resources" "requests" "storage" "" .claim -}}
{{- $wished := .root.Values.cache.size | default $there | default (include "ms-swift.claimSize" .root) -}}
{{- ternary $there $wished (and (ne $there "") (gt (float64 (include "ms-swift.bytes" ($there | default "0"))) (float64 (include "ms-swift.bytes" $wished)))) -}}
{{- end -}}

{{/* A claim that the chart makes must hold at least the model's 16-bit weights. */}}
{{- define "ms-swift.checkClaimSize" -}}
{{- $cache := .Values.cache -}}
{{- if and $cache.enabled $cache.size (not $cache.existingClaim) .plan.model.parameters -}}
{{- $weights := mul 2 (int64 .plan.model.parameters) -}}
{{- if lt (float64 (include "ms-swift.bytes" $cache.size)) (float64 $weights) -}}
{{- fail (printf "cache.size %s is less than the %d GiB of weights of %s: set it to %s or more, or leave it empty" $cache.size (div (add $weights 1073741823) 1073741824) .plan.model.id (include "ms-swift.claimSize" .)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
