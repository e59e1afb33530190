{{/* What a pod asks of its node. */}}

{{/* `--set resources.limits.nvidia.com/gpu=2` arrives as {nvidia: {"com/gpu": 2}}: join nested keys by dots again.
     Arguments from (map), into (map that receives the flat keys), prefix. */}}
{{- define "ms-swift.flatten" -}}
{{- range $key, $value := .from -}}
{{- $name := ternary $key (printf "%s.%s" $.prefix $key) (empty $.prefix) -}}
{{- if kindIs "map" $value -}}
{{- include "ms-swift.flatten" (dict "from" $value "into" $.into "prefix" $name) -}}
{{- else if not (kindIs "invalid" $value) -}}
{{- $_ := set $.into $name $value -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* The first vendor resource among flat limits, or nothing. */}}
{{- define "ms-swift.deviceResource" -}}
{{- range $name, $_ := . -}}
{{- if regexMatch "^(nvidia\\.com/(gpu|gpu\\.shared|mig-[0-9a-z.]+)|huawei\\.com/[Aa]scend.*|huawei\\.com/npu)$" $name -}}
{{- $name }} {{ end -}}
{{- end -}}
{{- end -}}

{{/* accelerator.vendor auto: what the limits name, else what the nodes offer, else (no cluster at hand) nvidia. */}}
{{- define "ms-swift.vendor" -}}
{{- if ne .root.Values.accelerator.vendor "auto" -}}
{{- .root.Values.accelerator.vendor -}}
{{- else if .resource -}}
{{- ternary "nvidia" "ascend" (hasPrefix "nvidia.com/" .resource) -}}
{{- else -}}
{{- $nodes := (lookup "v1" "Node" "" "").items | default list -}}
{{- $found := dict -}}
{{- range $nodes -}}{{- range $name, $_ := .status.allocatable -}}
{{- if hasPrefix "nvidia.com/" $name -}}{{- $_ := set $found "nvidia" true -}}{{- end -}}
{{- if hasPrefix "huawei.com/" $name -}}{{- $_ := set $found "ascend" true -}}{{- end -}}
{{- end -}}{{- end -}}
{{- if or $found.nvidia (not $nodes) -}}nvidia{{- else if $found.ascend -}}ascend{{- else -}}cpu{{- end -}}
{{- end -}}
{{- end -}}

{{- define "ms-swift.plan.devices" -}}
{{- $limits := dict -}}
{{- $requests := dict -}}
{{- include "ms-swift.flatten" (dict "from" .Values.resources.limits "into" $limits "prefix" "") -}}
{{- include "ms-swift.flatten" (dict "from" .Values.resources.requests "into" $requests "prefix" "") -}}
{{- $named := include "ms-swift.deviceResource" $limits | trim -}}
{{- $resource := .Values.accelerator.resource | default (splitList " " $named | first) -}}
{{- $vendor := include "ms-swift.vendor" (dict "root" . "resource" $resource) -}}
{{- $defaults := dict "nvidia" "nvidia.com/gpu" "ascend" "huawei.com/Ascend910" "cpu" "" -}}
{{- $resource = $resource | default (get $defaults $vendor) -}}
{{- $count := 0 -}}
{{- if and (ne $vendor "cpu") (ne .plan.kind "download") -}}
{{- $count = int (.Values.accelerator.count | default (get $limits $resource) | default 1) -}}
{{- $_ := set $limits $resource $count -}}
{{- if hasKey $requests $resource -}}{{- $_ := set $requests $resource $count -}}{{- end -}}
{{- end -}}
{{- $_ := set .plan "vendor" $vendor -}}
{{- $_ := set .plan "resource" (ternary $resource "" (gt $count 0)) -}}
{{- $_ := set .plan "named" (splitList " " $named | compact) -}}
{{- $_ := set .plan "count" $count -}}
{{- $_ := set .plan "resources" (dict "limits" $limits "requests" $requests) -}}
{{- end -}}
