import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import software.amazon.awssdk.auth.credentials.ProfileCredentialsProvider;
import software.amazon.awssdk.services.sts.StsClient;
import software.amazon.awssdk.services.sts.StsClientBuilder;

/**
 * Calls GetCallerIdentity with the AWS SDK for Java. The first argument is "profile" or "default", the
 * provider of the credentials; the other arguments and the output: tests/callers/README.md.
 */
final class CallSts {
  /** A client of its own, with credentials by the provider named. */
  private static String call(String provider, String endpoint, String profile, int calls) {
    StsClientBuilder builder =
        StsClient.builder()
            .overrideConfiguration(configuration -> configuration.defaultProfileName(profile))
            .endpointOverride(URI.create(endpoint));
    if (provider.equals("profile"))
      builder.credentialsProvider(ProfileCredentialsProvider.create(profile));
    try (StsClient client = builder.build()) {
      String arn = "";
      for (int call = 0; call < calls; call++) arn = client.getCallerIdentity().arn();
      return arn;
    }
  }

  /** What a stack trace shows of it. */
  private static String describe(Throwable error) {
    StringBuilder text = new StringBuilder(String.valueOf(error));
    for (Throwable cause = error.getCause(); cause != null; cause = cause.getCause())
      text.append(" Caused by: ").append(cause);
    return text.toString().replace('\n', ' ');
  }

  public static void main(String[] words) throws Exception {
    int clients = Integer.parseInt(words[3]);
    int calls = Integer.parseInt(words[4]);
    List<Callable<String>> all = new ArrayList<>();
    for (int client = 0; client < clients; client++)
      all.add(() -> call(words[0], words[1], words[2], calls));
    int status = 0;
    for (Future<String> outcome : Executors.newFixedThreadPool(clients).invokeAll(all)) {
      try {
        System.out.println("ok " + outcome.get());
      } catch (ExecutionException failure) {
        status = 1;
        System.out.println("error " + describe(failure.getCause()));
      }
    }
    System.exit(status);
  }
}
