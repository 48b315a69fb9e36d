//! regorus as one side of the benchmarks: a compiled policy, JSON bytes in.
//!
//! Usage: regorus-bench POLICY DATA INPUT. Prints the decision as JSON, then for
//! each number N on standard input the CPU microseconds of one decision,
//! measured over at least N milliseconds of CPU time.

use std::{env, error::Error, fs, io};

use regorus::{Engine, Value};

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let paths: Vec<String> = env::args().skip(1).collect();
    let [policy, data, input] = paths.as_slice() else {
        return Err("usage: regorus-bench POLICY DATA INPUT".into());
    };
    let mut engine = Engine::new();
    engine.add_policy("policy.rego".into(), fs::read_to_string(policy)?)?;
    engine.add_data_json(&fs::read_to_string(data)?)?;
    let compiled = engine.compile_with_entrypoint(&"data.bench.result".into())?;
    let input = fs::read_to_string(input)?;
    let decide = || compiled.eval_with_input(Value::from_json_str(&input)?);

    println!("{}", decide()?.to_json_str()?.replace('\n', " "));
    for line in io::stdin().lines() {
        let least = line?.trim().parse::<f64>()? * 1_000.0;
        let start = cpu_microseconds();
        let mut calls = 0.0;
        while cpu_microseconds() - start < least {
            decide()?;
            calls += 1.0;
        }
        println!("{}", (cpu_microseconds() - start) / calls);
    }
    Ok(())
}

/// CPU time of all threads of this process.
fn cpu_microseconds() -> f64 {
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    unsafe { libc::getrusage(libc::RUSAGE_SELF, &mut usage) };
    let time = |t: libc::timeval| t.tv_sec as f64 * 1e6 + t.tv_usec as f64;
    time(usage.ru_utime) + time(usage.ru_stime)
}
