# shellcheck shell=bash disable=SC2034,SC2154 # what is set in one piece is read in another
# demo.sh - an organization with one number, and one call to it through the Twilio stand-in.

demo_number=+15559876543
demo_caller=+15551234567
demo_email=demo@example.com
demo_script=$deploy_dir/demo/script.txt

demo_api_url() { echo "http://127.0.0.1:$api_port"; }

demo_env() {
    cat <<ENV
API_URL=$(demo_api_url)
INGEST_URL=http://127.0.0.1:$ingest_port
PUBLIC_URL=$PUBLIC_URL
STREAM_URL=$STREAM_URL
TWILIO_API_URL=$TWILIO_API_URL
TWILIO_ACCOUNT_SID=$TWILIO_ACCOUNT_SID
TWILIO_AUTH_TOKEN=$TWILIO_AUTH_TOKEN
RECORDINGS_DIR=$RECORDINGS_DIR
MAIL_DIR=$MAIL_DIR
DEMO_NUMBER=$demo_number
DEMO_EMAIL=$demo_email
DEMO_PASSWORD=$demo_password
CALLMILL_BIN=$bin_dir
ENV
}

# The recording, spoken once per wording of the script. 8 kHz is what a telephone line carries.
demo_audio() { echo "$CALLMILL_CACHE/demo-$(sha256sum "$demo_script" "$deploy_dir/demo/speak.py" | sha256sum | cut -c 1-12).mp3"; }

demo_audio_make() {
    local mp3 part=$CALLMILL_CACHE/.part/demo.$BASHPID
    mp3=$(demo_audio)
    [ ! -e "$mp3" ] || return 0
    mkdir -p "$part"
    long_step "the demo call's voices" "$CALLMILL_CACHE/.log/demo.log" \
        "$deploy_dir/demo/make" "$demo_script" "$part/call.mp3" || return 1
    mv "$part/call.mp3" "$mp3"
    rm -rf "$part"
}

# Each of these says so when it is already there, and succeeds.
demo_accounts() {
    local organization
    organization=$(callmill org add --name Demo --report-to "$demo_email" --json | jq -r .id)
    callmill user add --org "$organization" --email "$demo_email" --name Demo --role admin \
        --password-file - --json \
        <<<"$demo_password" >/dev/null
    callmill number add --org "$organization" --number "$demo_number" --json >/dev/null
}

demo_api() { # PATH [CURL-ARGUMENT...]
    local path=$1
    shift
    curl -fsS --noproxy '*' -m 10 -b "$run_dir/call/cookies" "$@" "$(demo_api_url)$path"
}

demo_login() {
    local body
    body=$(jq -n --arg email "$demo_email" --arg password "$demo_password" '{$email, $password}')
    demo_api /api/session -c "$run_dir/call/cookies" -o /dev/null -H 'content-type: application/json' -d @- <<<"$body" ||
        { say "error: the log-in as $demo_email was refused" >&2; return 1; }
}

# Places the call, follows it to its end, shows it. True when everything is there that should be.
demo_call() {
    local mp3=$audio last call_id deadline
    [ -n "$mp3" ] || mp3=$(demo_audio)
    demo_login || return 1
    last=$(demo_latest_call) || return 1
    touch "$run_dir/call/began"
    say "placing a call: $demo_caller -> $demo_number, $mp3"
    demo_call_place "$mp3"
    deadline=$((EPOCHSECONDS + 120 + $(demo_seconds "$mp3")))
    call_id=$(demo_call_find "$last" "$deadline") || return 1
    say "GET /api/calls shows it: $call_id"
    demo_call_follow "$call_id" "$deadline" || return 1
    demo_call_show || return 1
    demo_call_check
}

# The stand-in posts the webhooks, lets the call be heard at eight times its speed, serves the recording, and
# ends once that was fetched; then its port is free for a call of the user's own.
demo_call_place() { # MP3
    process_start callsim "$bin_dir/callsim" call --audio "$1" --from "$demo_caller" --to "$demo_number" \
        --public "$PUBLIC_URL" --ingest "http://127.0.0.1:$ingest_port" --listen "127.0.0.1:$callsim_port" \
        --stream "ws://127.0.0.1:$live_port/twilio/stream" --speed 8
}

demo_seconds() { # MP3
    local seconds
    seconds=$(ffprobe -v error -show_entries format=duration -of csv=p=0 "$1" 2>/dev/null) || true
    seconds=${seconds%.*}
    [[ $seconds =~ ^[0-9]+$ ]] || seconds=0
    echo "$seconds"
}

demo_latest_call() { demo_api '/api/calls?limit=1' | jq -r '.[0].id // "none"'; }

demo_call_find() { # LAST-ID DEADLINE -> the id of the call that came after
    local id
    while [ "$EPOCHSECONDS" -lt "$2" ]; do
        id=$(demo_latest_call) || return 1
        if [ "$id" != "$1" ]; then
            echo "$id"
            return
        fi
        if ! process_runs callsim; then
            process_complain callsim "the Twilio stand-in has ended and no call has come of it"
            return 1
        fi
        sleep 0.1
    done
    process_complain call-ingest "no call has come of the webhooks"
    return 1
}

# Shows each step as its state changes. The call is through when no step goes on any more.
demo_call_follow() { # CALL-ID DEADLINE
    local seen='' now change
    while [ "$EPOCHSECONDS" -lt "$2" ]; do
        demo_api "/api/calls/$1" >"$run_dir/call/call.json" || return 1
        now=$(jq -r '.steps[] | "  \(.step): \(.state)" + (if .reason then " (\(.reason))" else "" end)' \
            "$run_dir/call/call.json")
        while IFS= read -r change; do
            [ -z "$change" ] || say "$change"
        done < <(grep -vxFf <(echo "${seen:-none yet}") <<<"$now" || true)
        seen=$now
        jq -e '.steps | length > 0 and all(.state == "done" or .state == "failed")' \
            "$run_dir/call/call.json" >/dev/null && return 0
        sleep 0.3
    done
    say "error: the call is not through after its time; logs are in $run_dir/log" >&2
    return 1
}

demo_call_show() {
    say "GET /api/calls/$(jq -r .id "$run_dir/call/call.json")"
    jq . "$run_dir/call/call.json"
    jq -r '.segments[] | "\(.role): \(.text)"' "$run_dir/call/call.json" >"$run_dir/call/transcript.txt"
}

# What a call must have brought, each said by name. A call of the user's own may hold no commitment and
# no name, and nobody knows its words.
demo_call_check() {
    local failed=0
    demo_has "a transcript" '.transcription | length > 0' || failed=1
    demo_has "live captions" '[.live_sessions[].turns[]] | length > 0' || failed=1
    demo_has "three analyses" '[.analysis_groups[] | select(.runs | length > 0)] | length >= 3' || failed=1
    demo_has "a mail" '.report.sent_at != null' || failed=1
    if [ -z "$audio" ]; then
        demo_has "a to-do with evidence" '.todos | any(.evidence.segment_id != null)' || failed=1
        demo_has "an enriched contact" '.contact.name != null and .contact.summary != null' || failed=1
        echo
        "$deploy_dir/demo/wer.py" "$demo_script" "$run_dir/call/transcript.txt" --max 10 || failed=1
    fi
    demo_mail_show
    return $failed
}

demo_has() { # WHAT JQ-CONDITION
    if jq -e "$2" "$run_dir/call/call.json" >/dev/null 2>&1; then
        say "$1: yes"
    else
        say "$1: MISSING"
        return 1
    fi
}

demo_mail_show() {
    local mail
    mail=$(find "$MAIL_DIR" -name '*.eml' -newer "$run_dir/call/began" 2>/dev/null | head -n 1)
    [ -z "$mail" ] || say "the mail: $mail"
}
