-- What wrk counted, as one line of JSON. Microseconds.
function done(summary, latency)
  local errors = summary.errors
  io.write(string.format('\n{"requests":%d,"bytes":%d,"micros":%d,"p50":%d,"p99":%d,"refused":%d,"failed":%d}\n',
    summary.requests, summary.bytes, summary.duration, latency:percentile(50), latency:percentile(99), errors.status,
    errors.connect + errors.read + errors.write + errors.timeout))
end
