//! Calls GetCallerIdentity with the AWS SDK for Rust. Arguments and output: tests/callers/README.md.

use aws_config::BehaviorVersion;
use aws_sdk_sts::error::DisplayErrorContext;
use aws_smithy_http_client::Builder;

/// A client of its own, with the default chain of credential providers.
async fn call(endpoint: String, profile: String, calls: usize) -> Result<String, String> {
    let config = aws_config::defaults(BehaviorVersion::latest())
        .profile_name(profile)
        .endpoint_url(endpoint)
        .http_client(Builder::new().build_http())
        .load()
        .await;
    let client = aws_sdk_sts::Client::new(&config);
    let mut arn = None;
    for _ in 0..calls {
        let answer = client.get_caller_identity().send().await;
        arn = answer
            .map_err(|error| DisplayErrorContext(error).to_string())?
            .arn;
    }
    arn.ok_or("no Arn".to_string())
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let [endpoint, profile, clients, calls]: [String; 4] = std::env::args()
        .skip(1)
        .collect::<Vec<_>>()
        .try_into()
        .expect("ENDPOINT PROFILE CLIENTS CALLS");
    let calls = calls.parse().expect("a number of calls");
    let running: Vec<_> = (0..clients.parse().expect("a number of clients"))
        .map(|_| tokio::spawn(call(endpoint.clone(), profile.clone(), calls)))
        .collect();
    let mut failed = false;
    for outcome in running {
        match outcome.await.expect("a task that ends") {
            Ok(arn) => println!("ok {arn}"),
            Err(error) => {
                failed = true;
                println!("error {}", error.replace('\n', " "));
            }
        }
    }
    std::process::exit(failed.into());
}
