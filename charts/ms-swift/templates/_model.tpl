{{/* Which model: a short name of the catalogue, a hub id (org/name), or an absolute path. */}}
{{- define "ms-swift.plan.model" -}}
{{- $asked := toString (.Values.env.MODEL_NAME | default .Values.model.id) -}}
{{- $catalogue := .Files.Get "files/catalogue.yaml" | fromYaml -}}
{{- $entry := get $catalogue (lower $asked) | default dict -}}
{{- if and (not $entry) (contains "/" $asked) -}}
{{- /* The same weights by the hub's name: their size is known, and nothing stands in for them. */ -}}
{{- range $catalogue -}}{{- if has $asked (list .id .huggingface) -}}{{- $entry = dict "id" $asked "huggingface" $asked "parameters" .parameters "vision" .vision "licence" .licence -}}{{- end -}}{{- end -}}
{{- end -}}
{{- if and $asked .Values.env.MODEL_NAME .Values.model.id (ne .Values.env.MODEL_NAME .Values.model.id) -}}
{{- /* Both given: the user overrides which weights stand behind the name. */ -}}
{{- $entry = dict "id" .Values.model.id "open" true -}}
{{- else if and $asked (not $entry) (not (contains "/" $asked)) -}}
{{- fail (printf "model %q is neither in the catalogue (%s) nor a hub id: write it as organisation/name" $asked (keys $catalogue | sortAlpha | join ", ")) -}}
{{- end -}}
{{- $id := $entry.id | default $asked -}}
{{- if eq .Values.model.hub "huggingface" -}}{{- $id = $entry.huggingface | default $id -}}{{- end -}}
{{- $path := .Values.model.path | default (ternary (printf "%s/models/%s" .Values.cache.mountPath $id) "" (ne $id "")) -}}
{{- $named := and (ne $asked "") (not (contains "/" $asked)) -}}
{{- $served := .Values.servedName | default (ternary $asked (ternary (base $path) "" (ne $path "")) $named) -}}
{{- $fetched := and (ne $id "") (not .Values.model.path) -}}
{{- if and (eq .plan.task "eval") .Values.eval.url -}}{{- $fetched = false -}}{{- end -}}
{{- if and (eq .plan.task "app") .Values.ui.baseUrl -}}
{{- /* The service has the weights; app wants a path all the same, and asks for its last part. */ -}}
{{- $path = $served -}}{{- $fetched = false -}}
{{- end -}}
{{- $model := dict "asked" $asked "id" $id "path" $path "served" $served "fetched" $fetched "parameters" ($entry.parameters | default 0) "size" ($entry.parameters | default (include "ms-swift.named" $id)) "licence" ($entry.licence | default "") "open" (ne (toString $entry.open) "false") "vision" ($entry.vision | default false) "trusted" (or .Values.model.trusted (hasKey $entry "licence")) -}}
{{- $_ := set .plan "model" $model -}}
{{- if not $model.open -}}
{{- include "ms-swift.warn" (dict "root" . "text" (printf "%s is a name of a paid interface; its weights are not published. This release serves %s (licence %s) under that name. To choose other weights: --set model.id=organisation/name" $asked $id $model.licence)) -}}
{{- end -}}
{{- end -}}

{{/* Parameters by a name that tells them, such as Qwen3-32B or Mixtral-8x7B; 0 where it does not. */}}
{{- define "ms-swift.named" -}}
{{- $word := regexFind "[-_](([0-9]+)[xX])?[0-9]+(\\.[0-9]+)?[bB]([-_.]|$)" (base .) -}}
{{- $copies := regexFind "[0-9]+[xX]" $word | trimSuffix "x" | trimSuffix "X" | default "1" -}}
{{- $each := regexFind "[0-9]+(\\.[0-9]+)?[bB]" $word | lower | trimSuffix "b" | default "0" -}}
{{- printf "%.0f" (mulf (float64 $copies) (float64 $each) 1000000000.0) -}}
{{- end -}}
