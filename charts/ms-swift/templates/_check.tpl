{{/* Names and choices of options, against the list read from the ms-swift release in the image. */}}
{{- define "ms-swift.checkArguments" -}}
{{- include "ms-swift.checkOwned" . -}}
{{- $text := .Files.Get (printf "files/arguments/%s.json" .plan.swift) -}}
{{- /* Patch releases do not take options away: another one of the same minor will do. */ -}}
{{- if and (not $text) .plan.swift -}}
{{- range $path, $_ := .Files.Glob (printf "files/arguments/%s.*.json" (regexFind "^[0-9]+\\.[0-9]+" .plan.swift)) -}}{{- $text = $.Files.Get $path -}}{{- end -}}
{{- end -}}
{{- if or (hasPrefix "vllm." .plan.module) (eq .plan.kind "download") -}}
{{- else if not $text -}}
{{- if .Values.extraArgs -}}
{{- include "ms-swift.warn" (dict "root" . "text" (printf "extraArgs are not checked: the options of ms-swift %s are not known to this chart. Set swiftVersion if you know that it has those of %s." (.plan.swift | default "in this image") .Chart.AppVersion)) -}}
{{- end -}}
{{- else -}}
{{- $known := get (fromJson $text).commands (trimPrefix "swift.cli." .plan.module) -}}
{{- $command := printf "%s %s" (ternary "megatron" "swift" .plan.megatron) .plan.task -}}
{{- range $name, $value := .plan.arguments -}}
{{- $option := get $known $name -}}
{{- if not (hasKey $known $name) -}}
{{- fail (printf "extraArgs.%s is no option of `%s` %s: did you mean %s?" $name $command $.plan.swift (include "ms-swift.nearest" (dict "name" $name "among" (keys $known | sortAlpha)))) -}}
{{- end -}}
{{- /* A plug-in may add to choices that are open. */ -}}
{{- $open := and (kindIs "map" $option) (get $option "open") (hasKey $.plan.arguments "external_plugins") -}}
{{- if and (kindIs "map" $option) (hasKey $option "choices") (not $open) (not (kindIs "slice" $value)) (not (has (toString $value) (toStrings $option.choices))) -}}
{{- fail (printf "option %s of `%s` cannot be %q: choose one of %s" $name $command (toString $value) (join ", " $option.choices)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "ms-swift.checkOwned" -}}
{{- $owned := .Files.Get "files/owned.yaml" | fromYaml -}}
{{- range $name, $_ := .Values.extraArgs -}}
{{- with get $owned.values $name -}}
{{- fail (printf "extraArgs.%s would change the command alone, and not what goes by it: set %s" $name .) -}}
{{- end -}}
{{- with get $owned.secrets $name -}}
{{- fail (printf "extraArgs.%s would show a secret in the command, its annotation and a ConfigMap: set %s" $name .) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* The name that shares most pairs of letters with a misspelt one. */}}
{{- define "ms-swift.nearest" -}}
{{- $name := .name -}}
{{- $best := "" -}}
{{- $most := 0 -}}
{{- range $candidate := .among -}}
{{- $shared := 0 -}}
{{- range $at := until (int (max 0 (sub (len $name) 1))) -}}
{{- if contains (substr $at (int (add $at 2)) $name) $candidate -}}{{- $shared = add $shared 1 -}}{{- end -}}
{{- end -}}
{{- $score := div (mul 1000 (add 1 $shared)) (add (len $name) (len $candidate)) -}}
{{- if gt $score $most -}}{{- $most = $score -}}{{- $best = $candidate -}}{{- end -}}
{{- end -}}
{{- $best -}}
{{- end -}}
