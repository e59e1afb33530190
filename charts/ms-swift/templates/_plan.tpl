{{/*
The plan: what values, catalogue and cluster add up to. It is made once a render and hung on the root context as .plan;
every template starts with `include "ms-swift.plan" .` and then reads plain fields:

  task         deploy | embedding | reranker | app | web-ui | sft | pt | rlhf | eval | export | sample | infer | download
  kind         serve (Deployment) | train | produce (Job) | download (Job, CronJob)
  vendor       nvidia | ascend | cpu             resource, count   what a pod asks for
  resources    limits and requests as Kubernetes wants them
  model        {asked, id, path, served, parameters, licence, open, trusted, vision}
  backend      transformers | vllm | sglang | lmdeploy
  arguments    the options of the ms-swift command
  warnings     sentences for NOTES
*/}}
{{- define "ms-swift.plan" -}}
{{- if not (hasKey . "plan") -}}
{{- $_ := set . "plan" (dict "warnings" list) -}}
{{- include "ms-swift.plan.task" . -}}
{{- include "ms-swift.plan.model" . -}}
{{- include "ms-swift.plan.devices" . -}}
{{- include "ms-swift.plan.engine" . -}}
{{- include "ms-swift.plan.arguments" . -}}
{{- include "ms-swift.validate" . -}}
{{- end -}}
{{- end -}}

{{- define "ms-swift.warn" -}}
{{- $_ := set .root.plan "warnings" (append .root.plan.warnings .text) -}}
{{- end -}}

{{/* env.TASK_TYPE exists in no ms-swift release: people's words for it are mapped to the tasks of this chart. */}}
{{- define "ms-swift.plan.task" -}}
{{- $words := dict "generation" "deploy" "text-generation" "deploy" "chat" "deploy" "inference" "deploy" "deploy" "deploy" "embedding" "embedding" "rerank" "reranker" "reranker" "reranker" "finetune" "sft" "fine-tune" "sft" "training" "sft" "sft" "sft" "pt" "pt" "rlhf" "rlhf" "eval" "eval" "evaluation" "eval" "export" "export" "quantization" "export" -}}
{{- $task := .Values.task -}}
{{- with .Values.env.TASK_TYPE -}}
{{- $mapped := get $words (lower .) | required (printf "env.TASK_TYPE %q is no task: use one of %s, or set task" . (keys $words | sortAlpha | join ", ")) -}}
{{- if and (ne $task "deploy") (ne $task $mapped) -}}
{{- fail (printf "env.TASK_TYPE %q means task %s, but task is %s: set only one of the two" . $mapped $task) -}}
{{- end -}}
{{- $task = $mapped -}}
{{- end -}}
{{- $kinds := dict "deploy" "serve" "embedding" "serve" "reranker" "serve" "app" "serve" "web-ui" "serve" "sft" "train" "pt" "train" "rlhf" "train" "download" "download" -}}
{{- $_ := set .plan "task" $task -}}
{{- $_ := set .plan "kind" (get $kinds $task | default "produce") -}}
{{- $_ := set .plan "module" (printf "swift.cli.%s" (get (dict "embedding" "deploy" "reranker" "deploy" "web-ui" "web_ui") $task | default $task)) -}}
{{- end -}}
