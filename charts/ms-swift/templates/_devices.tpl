{{/* What a pod asks of its node. */}}

{{/* `--set resources.limits.nvidia.com/gpu=2` arrives as {nvidia: {"com/gpu": 2}}: join nested keys by dots again.
     They are of the command line, and win over the same name in a values file, as `--set` does everywhere.
     Arguments from (map), into (map that receives the flat keys), prefix. */}}
{{- define "ms-swift.flatten" -}}
{{- range $nested := list false true -}}
{{- range $key, $value := $.from -}}
{{- $name := ternary $key (printf "%s.%s" $.prefix $key) (empty $.prefix) -}}
{{- if and $nested (kindIs "map" $value) -}}
{{- include "ms-swift.flatten" (dict "from" $value "into" $.into "prefix" $name) -}}
{{- else if not (or $nested (kindIs "map" $value) (kindIs "invalid" $value)) -}}
{{- $_ := set $.into $name $value -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* The vendors' device resources among flat limits, parted by blanks. */}}
{{- define "ms-swift.deviceResources" -}}
{{- range $name, $_ := . -}}
{{- if regexMatch "^(nvidia\\.com/(gpu|gpu\\.shared|mig-[0-9a-z.-]+)|huawei\\.com/([Aa]scend.*|npu))$" $name -}}
{{- if not (regexMatch "-(memory|core)$" $name) }}{{ $name }} {{ end -}}
{{- end -}}
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
{{- /* A resource whose plugin is gone stays in the list, with 0. */ -}}
{{- range $nodes -}}{{- range $name, $offered := .status.allocatable -}}
{{- if and (hasPrefix "nvidia.com/" $name) (ne $offered "0") -}}{{- $_ := set $found "nvidia" true -}}{{- end -}}
{{- if and (hasPrefix "huawei.com/" $name) (ne $offered "0") -}}{{- $_ := set $found "ascend" true -}}{{- end -}}
{{- end -}}{{- end -}}
{{- if or $found.nvidia (not $nodes) -}}nvidia{{- else if $found.ascend -}}ascend{{- else -}}cpu{{- end -}}
{{- end -}}
{{- end -}}

{{/* runtimeClassName auto: the class called like the devices' vendor, where the cluster has one. Needs to list
     RuntimeClasses, so that only who asks for it must be allowed to. */}}
{{- define "ms-swift.runtimeClassName" -}}
{{- if ne .Values.runtimeClassName "auto" -}}
{{- .Values.runtimeClassName -}}
{{- else if ne .plan.vendor "cpu" -}}
{{- range (lookup "node.k8s.io/v1" "RuntimeClass" "" "").items | default list -}}
{{- if eq .metadata.name $.plan.vendor -}}{{- .metadata.name -}}{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Tasks that talk to a service, or only move files, take no device. */}}
{{- define "ms-swift.plan.devices" -}}
{{- $limits := dict -}}
{{- $requests := dict -}}
{{- include "ms-swift.flatten" (dict "from" .Values.resources.limits "into" $limits "prefix" "") -}}
{{- include "ms-swift.flatten" (dict "from" .Values.resources.requests "into" $requests "prefix" "") -}}
{{- range $name := include "ms-swift.deviceResources" $requests | trim | splitList " " | compact -}}
{{- /* Kubernetes wants the same number in both, and takes it from the limits. */ -}}
{{- if not (hasKey $limits $name) -}}{{- $_ := set $limits $name (get $requests $name) -}}{{- end -}}
{{- end -}}
{{- $named := include "ms-swift.deviceResources" $limits | trim | splitList " " | compact -}}
{{- $resource := .Values.accelerator.resource | default (first (append $named "")) -}}
{{- $remote := or (eq .plan.kind "download") (and (eq .plan.task "eval") .Values.eval.url) (and (eq .plan.task "app") .Values.ui.baseUrl) -}}
{{- $vendor := ternary "cpu" (include "ms-swift.vendor" (dict "root" . "resource" $resource)) (not (empty $remote)) -}}
{{- $resource = $resource | default (get (dict "nvidia" "nvidia.com/gpu" "ascend" "huawei.com/Ascend910") $vendor) -}}
{{- $_ := set .plan "runs" (not $remote) -}}
{{- $_ := set .plan "asked" (deepCopy $limits) -}}
{{- $count := 0 -}}
{{- if ne $vendor "cpu" -}}
{{- $count = int (.Values.accelerator.count | default (ternary (get $limits $resource) 1 (hasKey $limits $resource))) -}}
{{- $_ := set $limits $resource $count -}}
{{- if hasKey $requests $resource -}}{{- $_ := set $requests $resource $count -}}{{- end -}}
{{- end -}}
{{- $_ := set .plan "vendor" $vendor -}}
{{- $_ := set .plan "named" $named -}}
{{- $_ := set .plan "resource" (ternary $resource "" (ne $vendor "cpu")) -}}
{{- $_ := set .plan "count" $count -}}
{{- $_ := set .plan "resources" (dict "limits" $limits "requests" $requests) -}}
{{- $_ := set .plan "sharing" (ternary "mig" .Values.accelerator.sharing (contains "/mig-" $resource)) -}}
{{- end -}}
