{{/* Refusals with a sentence: noun, value, next step. Types and ranges are the business of values.schema.json. */}}
{{- define "ms-swift.validate" -}}
{{- include "ms-swift.checkDevices" . -}}
{{- include "ms-swift.checkEngine" . -}}
{{- include "ms-swift.checkGroup" . -}}
{{- include "ms-swift.checkTask" . -}}
{{- include "ms-swift.checkScaling" . -}}
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
{{- if and .Values.accelerator.compute (lt (float64 .Values.accelerator.compute) 7.5) (contains "cuda13" .plan.image) -}}
{{- fail (printf "accelerator.compute %v (V100 and older) does not run images with CUDA 13 (%s): set image.tag to one with CUDA 12.6, such as ubuntu22.04-cuda12.6.3-py311-torch2.7.1-vllm0.10.1.1-modelscope1.29.2-swift3.8.3" .Values.accelerator.compute .plan.image) -}}
{{- end -}}
{{- if and .Values.affinity.nodeAffinity (or .Values.accelerator.memoryMiB .Values.accelerator.compute) -}}
{{- fail "affinity.nodeAffinity and accelerator.memoryMiB or accelerator.compute are both set: write the whole node affinity yourself, or none of it" -}}
{{- end -}}
{{- end -}}

{{- define "ms-swift.checkEngine" -}}
{{- if and (eq .plan.vendor "ascend") (has .plan.backend (list "sglang" "lmdeploy")) -}}
{{- fail (printf "engine.backend %s does not run on Ascend: use vllm or transformers" .plan.backend) -}}
{{- end -}}
{{- if and (eq .plan.vendor "cpu") (eq .plan.kind "serve") (ne .plan.backend "transformers") -}}
{{- fail (printf "engine.backend %s needs an accelerator: set accelerator.vendor, or engine.backend=transformers" .plan.backend) -}}
{{- end -}}
{{- if and (eq .plan.vendor "ascend") (eq .plan.kind "train") .Values.train.quantMethod -}}
{{- fail (printf "train.quantMethod %s (QLoRA) does not run on Ascend: leave it empty for plain LoRA" .Values.train.quantMethod) -}}
{{- end -}}
{{- if and (eq .Values.metrics.source "vllm") (or (ne .plan.backend "vllm") (ne .plan.task "deploy") .Values.adapters) -}}
{{- fail (printf "metrics.source vllm starts vLLM's own server: it needs engine.backend vllm (is %s), task deploy (is %s) and no adapters; use metrics.source=proxy" .plan.backend .plan.task) -}}
{{- end -}}
{{- end -}}

{{- define "ms-swift.checkGroup" -}}
{{- if gt .plan.nodes 1 -}}
{{- if or (ne .Values.metrics.source "vllm") (ne .plan.task "deploy") -}}
{{- fail (printf "engine.nodes %d splits a model by vLLM's own server: it needs task deploy (is %s) and metrics.source=vllm (is %s)" .plan.nodes .plan.task .Values.metrics.source) -}}
{{- end -}}
{{- if not (.Capabilities.APIVersions.Has "leaderworkerset.x-k8s.io/v1") -}}
{{- fail (printf "engine.nodes %d needs the API leaderworkerset.x-k8s.io/v1, which this cluster does not have: install LeaderWorkerSet (https://lws.sigs.k8s.io), or set engine.nodes=1 and more devices a pod" .plan.nodes) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "ms-swift.checkTask" -}}
{{- $needs := or (has .plan.kind (list "train" "download")) (has .plan.task (list "deploy" "embedding" "reranker" "sample" "infer")) -}}
{{- if and $needs (not .plan.model.path) -}}
{{- fail (printf "task %s needs a model: --set model.id=organisation/name, or --set env.MODEL_NAME=<a name of the catalogue>" .plan.task) -}}
{{- end -}}
{{- if and (eq .plan.kind "train") (not .Values.train.dataset) (not .Values.extraArgs.cached_dataset) -}}
{{- fail (printf "task %s needs train.dataset: a hub id, or a path below %s" .plan.task .Values.cache.mountPath) -}}
{{- end -}}
{{- if and (has .plan.task (list "infer" "sample")) (not .Values.infer.dataset) -}}
{{- fail (printf "task %s needs infer.dataset: without one it would wait for a person to type" .plan.task) -}}
{{- end -}}
{{- if and (has .Values.export.quantMethod (list "awq" "gptq" "gptq_v2")) (not .Values.export.dataset) (eq .plan.task "export") -}}
{{- fail (printf "export.quantMethod %s needs export.dataset to calibrate with, e.g. [AI-ModelScope/alpaca-gpt4-data-zh#500]" .Values.export.quantMethod) -}}
{{- end -}}
{{- if and (has .Values.export.quantMethod (list "awq" "gptq" "gptq_v2" "bnb")) (not .Values.export.quantBits) (eq .plan.task "export") -}}
{{- fail (printf "export.quantMethod %s needs export.quantBits (4 or 8)" .Values.export.quantMethod) -}}
{{- end -}}
{{- $guarded := and .Values.ingress.enabled (has .Values.ingress.auth.type (list "basic" "oidc")) -}}
{{- if and .plan.interface (or (not $guarded) (ne .Values.service.type "ClusterIP")) -}}
{{- fail (printf "task %s runs commands for whoever opens it: set ingress.enabled=true, ingress.auth.type=basic or oidc, and service.type=ClusterIP" .plan.task) -}}
{{- end -}}
{{- if and .plan.interface (not (and .Values.networkPolicy.enabled .Values.networkPolicy.from)) -}}
{{- fail (printf "task %s is signed in to at the ingress, which pods of the cluster can walk around: name the ingress controller's pods or namespace in networkPolicy.from" .plan.task) -}}
{{- end -}}
{{- if and (not .Values.cache.enabled) (ne .plan.kind "serve") -}}
{{- fail (printf "task %s writes its result to the claim: set cache.enabled=true" .plan.task) -}}
{{- end -}}
{{- end -}}

{{- define "ms-swift.checkScaling" -}}
{{- if and .Values.autoscaling.enabled (ne .plan.kind "serve") -}}
{{- fail (printf "autoscaling.enabled scales a service, but task is %s: set it to false" .plan.task) -}}
{{- end -}}
{{- if and .Values.autoscaling.enabled (eq .Values.metrics.source "none") -}}
{{- fail "autoscaling.enabled needs numbers, and ms-swift serves none: set proxy.enabled=true and metrics.source=proxy (or vllm)" -}}
{{- end -}}
{{- if and (eq .Values.metrics.source "proxy") (not .Values.proxy.enabled) -}}
{{- fail "metrics.source proxy needs proxy.enabled=true" -}}
{{- end -}}
{{- if and (eq .Values.autoscaling.type "keda") .Values.autoscaling.enabled (not .Values.autoscaling.prometheusAddress) -}}
{{- fail "autoscaling.type keda needs autoscaling.prometheusAddress, e.g. http://prometheus.monitoring:9090" -}}
{{- end -}}
{{- if and .Values.ingress.enabled (not .Values.ingress.hosts) -}}
{{- fail "ingress.enabled needs ingress.hosts, e.g. [llm.example.org]" -}}
{{- end -}}
{{- if and .Values.httpRoute.enabled (not .Values.httpRoute.parentRefs) -}}
{{- fail "httpRoute.enabled needs httpRoute.parentRefs, e.g. [{name: gateway, namespace: gateways}]" -}}
{{- end -}}
{{- if and (eq .plan.kind "serve") .Values.cache.enabled (not .Values.cache.existingClaim) (gt (int .Values.replicaCount) 1) (has "ReadWriteOnce" .Values.cache.accessModes) -}}
{{- include "ms-swift.warn" (dict "root" . "text" "More than one replica on a ReadWriteOnce claim works only while all run on one node. Set cache.accessModes=[ReadWriteMany] with a class that offers it.") -}}
{{- end -}}
{{- if and (eq .plan.kind "serve") (not .Values.apiKey.existingSecret) (ne .Values.service.type "ClusterIP") -}}
{{- include "ms-swift.warn" (dict "root" . "text" (printf "Service type %s without apiKey.existingSecret: whoever reaches the address can use the model." .Values.service.type)) -}}
{{- end -}}
{{- end -}}
