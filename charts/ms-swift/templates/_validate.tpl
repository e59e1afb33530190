{{/* Refusals with a sentence: noun, value, next step. Types and ranges are the business of values.schema.json. */}}
{{- define "ms-swift.validate" -}}
{{- include "ms-swift.checkDevices" . -}}
{{- include "ms-swift.checkEngine" . -}}
{{- include "ms-swift.checkGroup" . -}}
{{- include "ms-swift.checkNames" . -}}
{{- include "ms-swift.checkTask" . -}}
{{- if eq .plan.kind "train" -}}{{- include "ms-swift.checkTraining" . -}}{{- end -}}
{{- if .plan.megatron -}}{{- include "ms-swift.checkMegatron" . -}}{{- end -}}
{{- include "ms-swift.checkClaimUse" . -}}
{{- include "ms-swift.checkClaimSize" . -}}
{{- include "ms-swift.checkReach" . -}}
{{- include "ms-swift.checkPorts" . -}}
{{- include "ms-swift.checkDrain" . -}}
{{- include "ms-swift.checkScaling" . -}}
{{- include "ms-swift.checkAccess" . -}}
{{- include "ms-swift.checkPod" . -}}
{{- include "ms-swift.checkArguments" . -}}
{{- end -}}

{{- define "ms-swift.checkDevices" -}}
{{- if gt (len .plan.named) 1 -}}
{{- fail (printf "resources.limits names %d kinds of device (%s): a pod takes one, keep one" (len .plan.named) (join ", " .plan.named)) -}}
{{- end -}}
{{- if and (eq .Values.accelerator.vendor "cpu") .plan.named -}}
{{- fail (printf "accelerator.vendor is cpu, but resources.limits asks for %s: drop one of the two" (first .plan.named)) -}}
{{- end -}}
{{- if and (has .plan.sharing (list "mps" "time-slicing")) (gt .plan.count 1) -}}
{{- fail (printf "accelerator.count is %d on a shared device (%s): a second share adds no memory, ask for 1" .plan.count .plan.sharing) -}}
{{- end -}}
{{- if and (eq .plan.sharing "mig") (eq .Values.accelerator.sharing "mps") -}}
{{- fail (printf "accelerator.sharing is mps, but the pod asks for %s, and NVIDIA's plugin offers no MPS on slices of MIG: set it to time-slicing, or to none for a slice of its own" .plan.resource) -}}
{{- end -}}
{{- if and (eq .plan.sharing "mig") (gt .plan.count 1) (eq .plan.kind "serve") -}}
{{- fail (printf "accelerator.count is %d of %s: slices of MIG do not share a model, ask for 1, or for a larger slice" .plan.count .plan.resource) -}}
{{- end -}}
{{- $other := get (dict "nvidia" "huawei.com/" "ascend" "nvidia.com/") .plan.vendor -}}
{{- if and $other (hasPrefix $other .plan.resource) -}}
{{- fail (printf "accelerator.vendor is %s, but the pod asks for %s: drop one of the two" .plan.vendor .plan.resource) -}}
{{- end -}}
{{- if and .Values.accelerator.resource .plan.named (not (has .Values.accelerator.resource .plan.named)) -}}
{{- fail (printf "accelerator.resource is %s, but resources.limits asks for %s: drop one of the two" .Values.accelerator.resource (first .plan.named)) -}}
{{- end -}}
{{- range .plan.named -}}
{{- $asked := get $.plan.asked . | toString -}}
{{- if not (regexMatch "^[1-9][0-9]*$" $asked) -}}
{{- fail (printf "resources.limits asks for %s of %s: devices are given whole, 1 or more; for a CPU set accelerator.vendor=cpu, and leave the resource out" $asked .) -}}
{{- end -}}
{{- end -}}
{{- range $kind, $amounts := .plan.resources -}}
{{- range $name, $amount := $amounts -}}
{{- if not (regexMatch "^[0-9]+(\\.[0-9]+)?([eE][+-]?[0-9]+|m|k|[KMGTPE]i|[MGTPE])?$" (toString $amount)) -}}
{{- fail (printf "resources.%s asks for %v of %s, which is no amount: write it as 500m, 4 or 16Gi" $kind $amount $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- with .Values.accelerator.count -}}
{{- if and $.plan.named (ne (int .) (int (get $.plan.asked $.plan.resource))) -}}
{{- fail (printf "accelerator.count is %d, but resources.limits asks for %d of %s: drop one of the two" (int .) (int (get $.plan.asked $.plan.resource)) $.plan.resource) -}}
{{- end -}}
{{- end -}}
{{- if and (ne .Values.accelerator.sharing "none") (ne .plan.vendor "nvidia") .plan.runs -}}
{{- fail (printf "accelerator.sharing %s is a way to share NVIDIA GPUs, and accelerator.vendor is %s: set it to none" .Values.accelerator.sharing .plan.vendor) -}}
{{- end -}}
{{- if and (gt (int .Values.accelerator.shares) 1) (eq .Values.accelerator.sharing "none") -}}
{{- fail (printf "accelerator.shares %d says nothing of a device that is not shared: set accelerator.sharing to mps or time-slicing" (int .Values.accelerator.shares)) -}}
{{- end -}}
{{- if and (eq .plan.vendor "ascend") (or .Values.accelerator.memoryMiB .Values.accelerator.compute) -}}
{{- include "ms-swift.warn" (dict "root" . "text" "accelerator.memoryMiB and accelerator.compute choose nodes by labels of NVIDIA's feature discovery, and have no effect for Ascend: choose nodes by nodeSelector.") -}}
{{- end -}}
{{- if and .plan.count (gt .plan.parallel .plan.count) (le .plan.nodes 1) -}}
{{- fail (printf "engine.tensorParallel %d needs as many devices, and the pod asks for %d: set accelerator.count" .plan.parallel .plan.count) -}}
{{- end -}}
{{- $least := include "ms-swift.leastCompute" . -}}
{{- if and .Values.accelerator.compute $least (lt (float64 .Values.accelerator.compute) (float64 $least)) -}}
{{- fail (printf "accelerator.compute %v: %s carries kernels from compute capability %s on: set image.tag to one with CUDA 12.6, such as ubuntu22.04-cuda12.6.3-py311-torch2.7.1-vllm0.10.1.1-modelscope1.29.2-swift3.8.3" .Values.accelerator.compute .plan.image $least) -}}
{{- end -}}
{{- if and .Values.affinity.nodeAffinity (or .Values.accelerator.memoryMiB .Values.accelerator.compute) -}}
{{- fail "affinity.nodeAffinity and accelerator.memoryMiB or accelerator.compute are both set: write the whole node affinity yourself, or none of it" -}}
{{- end -}}
{{- end -}}

{{/* Lowest compute capability that the image's CUDA has kernels for; empty where its tag names no CUDA. */}}
{{- define "ms-swift.leastCompute" -}}
{{- $cuda := regexFind "[0-9]+\\.[0-9]+" (regexFind "cuda[0-9]+\\.[0-9]+" .plan.image) -}}
{{- if $cuda -}}
{{- $least := "" -}}
{{- range $row := ($.Files.Get "files/pod/compatibility.json" | fromJson).nvidia.toolkit_needs_compute -}}
{{- if and (not $least) (semverCompare (printf ">=%s.0" (first $row)) (printf "%s.0" $cuda)) -}}{{- $least = last $row -}}{{- end -}}
{{- end -}}
{{- $least -}}
{{- end -}}
{{- end -}}
