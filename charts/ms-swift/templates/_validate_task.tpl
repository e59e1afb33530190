{{/* What a task needs. */}}
{{- define "ms-swift.checkTask" -}}
{{- if and .Values.queue.kueue (ne .plan.kind "serve") (not (or (.Capabilities.APIVersions.Has "kueue.x-k8s.io/v1beta1") (.Capabilities.APIVersions.Has "kueue.x-k8s.io/v1beta2"))) -}}
{{- include "ms-swift.warn" (dict "root" . "text" (printf "queue.kueue is %s, but this cluster has no Kueue (https://kueue.sigs.k8s.io): the Job starts at once." .Values.queue.kueue)) -}}
{{- end -}}
{{- $needs := or (has .plan.kind (list "train" "download")) (has .plan.task (list "deploy" "embedding" "reranker" "app" "sample" "infer" "export" "eval")) -}}
{{- if and (eq .plan.task "eval") .Values.eval.url -}}
{{- if not (or .Values.eval.model .plan.model.served) -}}{{- fail "eval.url needs eval.model, the name that the service answers to, such as its servedName" -}}{{- end -}}
{{- else if and $needs (not .plan.model.path) -}}
{{- fail (printf "task %s needs a model: --set model.id=organisation/name, or --set env.MODEL_NAME=<a name of the catalogue>" .plan.task) -}}
{{- end -}}
{{- if and (eq .plan.task "eval") (not .Values.eval.datasets) (not .Values.extraArgs.eval_dataset) -}}
{{- fail "task eval needs eval.datasets, e.g. [gsm8k]: without one it would ask nothing" -}}
{{- end -}}
{{- if and (has .plan.task (list "infer" "sample")) (not .Values.infer.dataset) -}}
{{- fail (printf "task %s needs infer.dataset: without one it would wait for a person to type" .plan.task) -}}
{{- end -}}
{{- if and (eq .plan.task "export") (not .Values.export.mergeLora) (not .Values.export.quantMethod) (not .Values.extraArgs) -}}
{{- fail "task export is told to make nothing: set export.mergeLora=true (with adapters), export.quantMethod, or another export in extraArgs" -}}
{{- end -}}
{{- if and (eq .plan.task "export") .Values.export.mergeLora (not .Values.adapters) (not .Values.extraArgs.adapters) -}}
{{- fail "export.mergeLora needs adapters, e.g. [{path: /cache/outputs/sft/last-checkpoint}]" -}}
{{- end -}}
{{- if and .Values.job.schedule (ne .plan.kind "download") -}}
{{- fail (printf "job.schedule is for task download, but task is %s, which makes its result once: leave it empty" .plan.task) -}}
{{- end -}}
{{- if and (has .Values.export.quantMethod (list "awq" "gptq" "gptq_v2")) (not .Values.export.dataset) (eq .plan.task "export") -}}
{{- fail (printf "export.quantMethod %s needs export.dataset to calibrate with, e.g. [AI-ModelScope/alpaca-gpt4-data-zh#500]" .Values.export.quantMethod) -}}
{{- end -}}
{{- if and (has .Values.export.quantMethod (list "awq" "gptq" "gptq_v2" "bnb")) (not .Values.export.quantBits) (eq .plan.task "export") -}}
{{- fail (printf "export.quantMethod %s needs export.quantBits (4 or 8)" .Values.export.quantMethod) -}}
{{- end -}}
{{- $open := and .plan.interface (not .plan.signIn) -}}
{{- $guarded := and .Values.ingress.enabled (has .Values.ingress.auth.type (list "basic" "oidc")) -}}
{{- if and $open (or (not $guarded) (ne .Values.service.type "ClusterIP")) -}}
{{- fail (printf "task %s runs commands for whoever opens it: set proxy.enabled=true and apiKey.existingSecret (the password), or ingress.enabled=true, ingress.auth.type=basic or oidc, and service.type=ClusterIP" .plan.task) -}}
{{- end -}}
{{- if and .plan.signIn .Values.ingress.enabled (eq .Values.ingress.auth.type "basic") -}}
{{- fail (printf "task %s would ask for two passwords in one header: set ingress.auth.type=none, the proxy asks already, or leave apiKey.existingSecret empty" .plan.task) -}}
{{- end -}}
{{- if and $open (not (and .Values.networkPolicy.enabled .Values.networkPolicy.from)) -}}
{{- fail (printf "task %s is signed in to at the ingress, which pods of the cluster can walk around: name the ingress controller's pods or namespace in networkPolicy.from" .plan.task) -}}
{{- end -}}
{{- end -}}

{{/* What judges the answers that a model is trained on, which ms-swift misses minutes later, in the pod. */}}
{{- define "ms-swift.checkReward" -}}
{{- $given := list -}}
{{- range $name := list "reward_funcs" "reward_model" "teacher_model" "teacher_model_server" "use_gym_env" -}}
{{- if get $.Values.extraArgs $name -}}{{- $given = append $given $name -}}{{- end -}}
{{- end -}}
{{- if and (eq .Values.train.rlhfType "grpo") (not $given) -}}
{{- fail "train.rlhfType grpo needs something that judges answers: set extraArgs.reward_funcs, e.g. [accuracy, format], or extraArgs.reward_model" -}}
{{- end -}}
{{- if and (eq .Values.train.rlhfType "ppo") (not (has "reward_model" $given)) -}}
{{- fail "train.rlhfType ppo needs extraArgs.reward_model: a whole model with a score head, such as last-checkpoint of a task rlhf with train.rlhfType=rm and train.tuner=full" -}}
{{- end -}}
{{- if and (eq .Values.train.rlhfType "ppo") .Values.train.maxSteps -}}
{{- fail (printf "train.maxSteps %v is not read by rlhfType ppo, which takes every row once an epoch: leave it empty and set train.epochs" .Values.train.maxSteps) -}}
{{- end -}}
{{- end -}}
