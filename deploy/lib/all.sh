# shellcheck shell=bash disable=SC2034,SC2154 source-path=SCRIPTDIR/..
# all.sh - every piece, in the order in which they build on each other.

deploy_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
root_dir=$(dirname "$deploy_dir")

. "$deploy_dir/lib/ui.sh"
. "$deploy_dir/lib/jobs.sh"
. "$deploy_dir/lib/packages.sh"
. "$deploy_dir/lib/cache.sh"
. "$deploy_dir/lib/build.sh"
. "$deploy_dir/lib/process.sh"
. "$deploy_dir/lib/postgres.sh"
. "$deploy_dir/lib/kafka.sh"
. "$deploy_dir/lib/registry.sh"
. "$deploy_dir/lib/servers.sh"
. "$deploy_dir/lib/services.sh"
