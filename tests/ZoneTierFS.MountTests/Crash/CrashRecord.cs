namespace ZoneTierFS.MountTests.Crash;

/// <summary>A step and what is known of its outcome: without either flag it may have happened.</summary>
/// <param name="IsAcknowledged">A sync that returned success.</param>
/// <param name="IsRefused">It failed, and changed nothing.</param>
internal readonly record struct CrashRecord(CrashStep Step, bool IsAcknowledged, bool IsRefused);
