#!/bin/sh
# A new version: the database first, which the old version goes on with, then gateway and workers, one after the other.
#   deploy/kubernetes/roll-out.sh [NAMESPACE [FOLDER]]
set -eu

namespace=${1:-demeu}
folder=${2:-$(dirname "$0")}
kubectl="kubectl --namespace $namespace"

rendered=$(kubectl kustomize "$folder")
if printf '%s\n' "$rendered" | grep -E '^ *(- )?image: ' | grep -qv '@sha256:'; then
    echo "name the image by its digest (images: digest: sha256:...) in $folder/kustomization.yaml" >&2
    exit 1
fi

component=app.kubernetes.io/component
$kubectl delete job demeu-migrate --ignore-not-found --wait
printf '%s\n' "$rendered" | $kubectl apply --selector "$component in (settings, migrate)" --filename -
if ! $kubectl wait job/demeu-migrate --for=condition=complete --timeout=30m; then
    echo "the database is not of this version, so nothing else was changed: kubectl logs job/demeu-migrate" >&2
    exit 1
fi
printf '%s\n' "$rendered" | $kubectl apply --selector "$component notin (settings, migrate)" --filename -
for part in worker gateway; do
    $kubectl rollout status "deployment/demeu-$part" --timeout=15m
done
