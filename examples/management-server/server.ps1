#!/usr/bin/env pwsh
# A management server in PowerShell 7.
#
#     ./server.ps1 http://127.0.0.1:3900 itam itam.token itam.json
#
# It announces itself, reads changes, keeps them in a JSON file and acknowledges them; then it reads what became of its jobs.
# It may be stopped and started again at any time: what is not acknowledged is sent again, and applying it twice does no harm.
param(
    [Parameter(Mandatory)][string]$Url,
    [Parameter(Mandatory)][string]$Server,
    [Parameter(Mandatory)][string]$TokenFile,
    [Parameter(Mandatory)][string]$StateFile
)
$ErrorActionPreference = 'Stop'
Set-StrictMode -Version 3.0

$WaitMs = 5000 # How long the bus keeps a question open when it has nothing new.
$Pause = 2     # Seconds between two tries.
$Base = "$($Url.TrimEnd('/'))/sics/v1/servers/$([uri]::EscapeDataString($Server))"
$Token = (Get-Content -Raw $TokenFile).Trim()
$StateFile = $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($StateFile)

# One call. Tries again while the bus is away or busy; `Code` is empty where all is well.
function Invoke-Bus([string]$Method, [string]$Path, $Body) {
    $request = @{
        Method = $Method; Uri = "$Base$Path"; TimeoutSec = 90; SkipHttpErrorCheck = $true
        Headers = @{ Authorization = "Bearer $Token" }
    }
    if ($null -ne $Body) {
        $request.ContentType = 'application/json; charset=utf-8'
        $request.Body = ConvertTo-Json -Compress $Body
    }
    while ($true) {
        try {
            $response = Invoke-WebRequest @request
            $status = [int]$response.StatusCode
            if ($status -ne 429 -and $status -lt 500) {
                $text = if ($response.Content -is [byte[]]) { [Text.Encoding]::UTF8.GetString($response.Content) } else { $response.Content }
                $answer = ConvertFrom-Json -AsHashtable $text
                $code = if ($status -ge 400) { $answer['code'] ?? "status $status" } else { '' }
                return @{ Code = $code; Answer = $answer }
            }
            $seen = "status $status"
        } catch { $seen = $_.Exception.Message }
        [Console]::Error.WriteLine("${Server}: $Url does not answer now ($seen); trying again")
        Start-Sleep -Seconds $Pause
    }
}

# Applies one change to what is held. The order of the changes is the order in which to apply them.
function Update-Fleet($Instances, $Change) {
    $name = $Change['instance']
    if (-not $Instances.ContainsKey($name)) { $Instances[$name] = @{ snapshot = $false; devices = @{} } }
    $fleet = $Instances[$name]
    $devices = $fleet['devices']
    $id = $Change['deviceId']
    $held = if ($id) { $devices[$id] } else { $null }
    $isOld = $held -and $held['seen'] -and ($Change['seq'] ?? $held['seq']) -lt $held['seq']
    switch ($Change['kind']) {
        'upsert' {
            if (-not $isOld) { $devices[$id] = @{ seq = $Change['seq']; seen = $true; device = $Change['device'] } }
        }
        'gone' {
            if (-not $isOld) { $devices.Remove($id) }
        }
        'snapshotBegin' {
            $fleet['snapshot'] = $true
            foreach ($one in @($devices.Keys)) { $devices[$one]['seen'] = $false }
        }
        'snapshotEnd' {
            # What was held and not seen between the marks has gone, but for what could not be read.
            $setAside = @($Change['setAside'])
            foreach ($one in @($devices.Keys)) {
                if (-not $fleet['snapshot'] -or $devices[$one]['seen']) { continue }
                if ($one -in $setAside) {
                    $devices[$one]['seen'] = $true
                    $devices[$one]['seq'] = 0
                } else {
                    $devices.Remove($one)
                }
            }
            $fleet['snapshot'] = $false
        }
        default { throw "changes of the kind $($Change['kind']) are not known; a newer server.ps1 is needed" }
    }
}

# Writes the file whole or not at all; only then may anything be acknowledged.
function Save-State {
    $bytes = [Text.Encoding]::UTF8.GetBytes((ConvertTo-Json -Compress -Depth 30 $State))
    $file = [IO.File]::Create("$StateFile.new")
    try {
        $file.Write($bytes, 0, $bytes.Length)
        $file.Flush($true)
    } finally { $file.Dispose() }
    [IO.File]::Move("$StateFile.new", $StateFile, $true)
}

function Stop-Refused($Said) {
    throw "$($Said.Answer['detail'])`n  $($Said.Answer['advice'])"
}

$State = @{ instances = @{}; results = @{} }
if (Test-Path $StateFile) { $State = ConvertFrom-Json -AsHashtable (Get-Content -Raw $StateFile) }
# May be done at each start: what is there already stays.
$said = Invoke-Bus PUT '' @{ displayName = $Server }
if ($said.Code) { Stop-Refused $said }
$mustBegin = -not $State.ContainsKey('cursor') -and $null -ne $said.Answer['acknowledgedAt']
$waits = $false
# What the bus has confirmed since the start.
$acknowledgedCursor = $null
$acknowledgedPosition = $null

while ($true) {
    # One page of changes: read, apply, keep, acknowledge.
    $query = "limit=500&wait_ms=$WaitMs"
    if ($State['cursor']) { $query += "&cursor=$([uri]::EscapeDataString($State['cursor']))" }
    $said = Invoke-Bus GET "/changes?$query"
    if ($said.Code -eq 'notAccepted') {
        if (-not $waits) { "${Server}: waits until it is accepted" }
        $waits = $true
        Start-Sleep -Seconds $Pause
        continue
    }
    if ($said.Code -eq 'cursorOutdated') {
        # Read without a cursor: what comes then is whole, and what is held is compared with it.
        $State['cursor'] = $null
        continue
    }
    if ($said.Code) { Stop-Refused $said }
    $waits = $false
    $changes = @($said.Answer['changes'])
    if ($mustBegin -and ($changes.Count -eq 0 -or $changes[0]['kind'] -ne 'snapshotBegin')) {
        # Without this look the file would silently lack every device that does not change any more.
        throw "$StateFile is new, but the bus has sent $Server changes before`n" +
            "  bring the file back, or ask for everything again, on the machine of the bus: intune-connector servers resync $Server --data DIR"
    }
    $mustBegin = $false
    foreach ($change in $changes) { Update-Fleet $State['instances'] $change }
    if ($said.Answer['cursor'] -cne $State['cursor']) {
        $State['cursor'] = $said.Answer['cursor']
        Save-State
    }
    # After a start as well: a kill may have come between keeping and acknowledging.
    if ($State['cursor'] -cne $acknowledgedCursor) {
        $acknowledged = Invoke-Bus POST '/changes/ack' @{ cursor = $State['cursor'] }
        if ($acknowledged.Code -eq 'cursorOutdated') { $State['cursor'] = $null; continue }
        if ($acknowledged.Code) { Stop-Refused $acknowledged }
        $acknowledgedCursor = $State['cursor']
    }
    if ($changes.Count -gt 0) {
        $count = 0
        foreach ($fleet in $State['instances'].Values) { $count += $fleet['devices'].Count }
        "${Server}: $($changes.Count) changes; $StateFile holds $count devices"
    }

    # One page of results: what became of each device of the jobs that this server has sent.
    $query = "limit=500&wait_ms=$WaitMs"
    if ($State['position']) { $query += "&after=$([uri]::EscapeDataString($State['position']))" }
    $said = Invoke-Bus GET "/results?$query"
    if ($said.Code -eq 'positionOutdated') { $State['position'] = '0'; continue }
    if ($said.Code) { Stop-Refused $said }
    foreach ($result in @($said.Answer['results'])) {
        # A later result of the same task takes the place of the earlier one, whatever it says.
        $State['results']["$($result['task'])"] = $result
        $end = if ($result['last']) { ' (the last)' } else { '' }
        "${Server}: $($result['action']) $($result['deviceId']): $($result['state'])$end"
    }
    if ($said.Answer['position'] -and $said.Answer['position'] -cne $State['position']) {
        $State['position'] = $said.Answer['position']
        Save-State
    }
    if ($said.Answer['position'] -and $State['position'] -cne $acknowledgedPosition) {
        $acknowledged = Invoke-Bus POST '/results/ack' @{ position = $State['position'] }
        if ($acknowledged.Code -eq 'positionOutdated') { $State['position'] = '0' }
        elseif ($acknowledged.Code) { Stop-Refused $acknowledged }
        else { $acknowledgedPosition = $State['position'] }
    }
}
