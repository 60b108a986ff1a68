#!/usr/bin/env bash
# A management server in curl and jq.
#
#     server.sh http://127.0.0.1:3900 itam itam.token itam.json
#
# It announces itself, reads changes, keeps them in a JSON file and acknowledges them; then it reads what became of its jobs.
# It may be stopped and started again at any time: what is not acknowledged is sent again, and applying it twice does no harm.
# For HTTPS with a certificate of your own, let CURL_CA_BUNDLE name the file of its authority.
set -euo pipefail
umask 077
[ $# -eq 4 ] || { echo 'use: server.sh URL SERVER TOKEN-FILE STATE-FILE' >&2; exit 2; }
server=$2 state=$4 base=${1%/}/sics/v1/servers/$2
token=$(tr -d '\r\n' <"$3")
wait_ms=5000 # How long the bus keeps a question open when it has nothing new.
pause=2      # Seconds between two tries.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 0' INT TERM
answer=$work/answer

say() { printf '%s: %s\n' "$server" "$*"; }
stop() { printf '%s: %s\n' "$server" "$*" >&2; exit 1; }

# call METHOD PATH [BODY]: the answer lies in $answer, its code in $code (empty where all is well). Tries again while the bus
# is away or busy. The token stands on no command line, where others on the machine could read it.
call() {
    local status arguments=(--silent --show-error --max-time 90 --output "$answer" --write-out '%{http_code}' --request "$1")
    [ $# -lt 3 ] || arguments+=(--header 'Content-Type: application/json' --data-binary "$3")
    while true; do
        if status=$(curl "${arguments[@]}" --config <(printf 'header = "Authorization: Bearer %s"\n' "$token") "$base$2"); then
            case $status in
                2*) code=''; return ;;
                429 | 5*) say "status $status; trying again" >&2 ;;
                *) code=$(jq -r '.code // "unknown"' "$answer" || echo unknown); return ;;
            esac
        fi
        sleep "$pause"
    done
}

problem() { jq -r '"\(.detail)\n  \(.advice)"' "$answer"; }

# Applies a page of changes to what is held, in the order in which they came.
apply='
def is_old($c): . != null and .seen and ($c.seq // .seq) < .seq;
def apply($c):
  (.devices[$c.deviceId // ""]) as $held
  | if $c.kind == "upsert" then
      if ($held | is_old($c)) then . else .devices[$c.deviceId] = {seq: $c.seq, seen: true, device: $c.device} end
    elif $c.kind == "gone" then
      if ($held | is_old($c)) then . else del(.devices[$c.deviceId]) end
    elif $c.kind == "snapshotBegin" then
      .snapshot = true | .devices |= map_values(.seen = false)
    elif $c.kind == "snapshotEnd" then
      # What was held and not seen between the marks has gone, but for what could not be read.
      (($c.setAside // []) | map({key: ., value: true}) | from_entries) as $aside
      | if .snapshot then
          .devices |= with_entries(select(.value.seen or $aside[.key])
            | if .value.seen then . else .value.seen = true | .value.seq = 0 end)
        else . end
      | .snapshot = false
    else error("changes of the kind \($c.kind) are not known") end;
reduce $page[0].changes[] as $c (.; .instances[$c.instance] |= ((. // {snapshot: false, devices: {}}) | apply($c)))
| .cursor = $page[0].cursor'

# A later result of the same task takes the place of the earlier one, whatever it says.
note='reduce $page[0].results[] as $r (.; .results[$r.task | tostring] = $r) | .position = $page[0].position'

# keep PROGRAM: puts the page into the file, whole or not at all; only then may anything be acknowledged.
keep() {
    jq --slurpfile page "$answer" "$1" "$state" >"$state.new"
    sync "$state.new"
    mv "$state.new" "$state"
}

forget() { jq "$1" "$state" >"$state.new"; sync "$state.new"; mv "$state.new" "$state"; }

refused() {
    case $code in
        notAccepted)
            [ -n "${waits:-}" ] || say 'waits until it is accepted'
            waits=1
            sleep "$pause" ;;
        # Read without a cursor: what comes then is whole, and what is held is compared with it.
        cursorOutdated) forget '.cursor = null' ;;
        positionOutdated) forget '.position = "0"' ;;
        *) stop "$(problem)" ;;
    esac
}

read_changes() {
    local cursor
    cursor=$(jq -r '.cursor // "" | @uri' "$state")
    call GET "/changes?limit=500&wait_ms=$wait_ms${cursor:+&cursor=$cursor}"
    [ -z "$code" ] || { refused; return; }
    waits=''
    if [ -n "$must_begin" ] && [ "$(jq -r '.changes[0].kind' "$answer")" != snapshotBegin ]; then
        # Without this look the file would silently lack every device that does not change any more.
        stop "$state is new, but the bus has sent $server changes before
  bring the file back, or ask for everything again, on the machine of the bus: intune-connector servers resync $server --data DIR"
    fi
    must_begin=''
    local count
    count=$(jq '.changes | length' "$answer")
    cursor=$(jq -r .cursor "$answer")
    [ "$cursor" = "$(jq -r .cursor "$state")" ] || keep "$apply"
    # After a start as well: a kill may have come between keeping and acknowledging.
    [ "$cursor" != "$acknowledged_cursor" ] || return 0
    call POST /changes/ack "$(jq -c '{cursor}' "$state")"
    [ -z "$code" ] || { refused; return; }
    acknowledged_cursor=$cursor
    [ "$count" -eq 0 ] || say "$count changes; $state holds $(jq '[.instances[].devices | length] | add' "$state") devices"
}

read_results() {
    local position
    position=$(jq -r '.position // "" | @uri' "$state")
    call GET "/results?limit=500&wait_ms=$wait_ms${position:+&after=$position}"
    [ -z "$code" ] || { refused; return; }
    jq -r --arg server "$server" '.results[]
        | "\($server): \(.action) \(.deviceId): \(.state)\(if .last then " (the last)" else "" end)"' "$answer"
    position=$(jq -r '.position // ""' "$answer")
    [ "$position" = "$(jq -r '.position // ""' "$state")" ] || keep "$note"
    [ -n "$position" ] && [ "$position" != "$acknowledged_position" ] || return 0
    call POST /results/ack "$(jq -c '{position}' "$state")"
    [ -z "$code" ] || { refused; return; }
    acknowledged_position=$position
}

# May be done at each start: what is there already stays.
call PUT '' "$(jq -nc --arg name "$server" '{displayName: $name}')"
[ -z "$code" ] || stop "$(problem)"
if [ ! -e "$state" ]; then
    echo '{"instances": {}, "results": {}}' >"$state.new"
    sync "$state.new"
    mv "$state.new" "$state"
fi
jq -e .instances "$state" >"$work/is" ||
    stop "$state is not a file of this server
  bring it back; or remove it and ask for everything again, on the machine of the bus: intune-connector servers resync $server --data DIR"
must_begin='' acknowledged_cursor='' acknowledged_position=''
jq -e 'has("cursor")' "$state" >"$work/has" || must_begin=$(jq -r '.acknowledgedAt // ""' "$answer")
while true; do
    read_changes
    [ -n "$code" ] || read_results
done
