-- What wrk asks: its arguments are what to ask for (a GET's target, "event" or "batch"), the token, and how many milliseconds
-- each connection waits before it asks again. Every event has an id of its own.
local counter, serial, kind, pause = 0, 0, "", 0
local headers = {}

function setup(thread)
	serial = serial + 1
	thread:set("serial", serial)
end

function init(args)
	kind, pause = args[1], tonumber(args[3] or "0")
	math.randomseed(serial)
	run = string.format("%x-%d-%d", os.time(), serial, math.random(1e9))
	if args[2] and args[2] ~= "" then headers["Authorization"] = "Bearer " .. args[2] end
	if kind == "event" then headers["Content-Type"] = "application/cloudevents+json" end
	if kind == "batch" then headers["Content-Type"] = "application/cloudevents-batch+json" end
	if pause > 0 then delay = function() return pause end end -- where there is one, wrk asks it before every request
	fixed = kind:sub(1, 1) == "/" and wrk.format("GET", kind, headers)
end

local function event()
	counter = counter + 1
	return '{"specversion":"1.0","id":"' .. run .. "-" .. counter ..
		'","source":"bench","type":"terukur.activity.recorded.v1","subject":"196501012015031001",' ..
		'"time":"2026-10-04T08:15:00+07:00","datacontenttype":"application/json",' ..
		'"data":{"indicator":"visits","value":1,"ref":"bench/visit/88121"}}'
end

function request()
	if fixed then return fixed end
	if kind == "event" then return wrk.format("POST", "/api/v1/events", headers, event()) end
	local events = {}
	for i = 1, 100 do events[i] = event() end
	return wrk.format("POST", "/api/v1/events", headers, "[" .. table.concat(events, ",") .. "]")
end

function done(summary, latency, requests)
	local errors = summary.errors
	io.write(string.format('{"requests":%d,"micros":%d,"p50":%f,"p99":%f,"refused":%d,"broken":%d}\n', summary.requests,
		summary.duration, latency:percentile(50) / 1000, latency:percentile(99) / 1000, errors.status,
		errors.connect + errors.read + errors.write + errors.timeout))
end
