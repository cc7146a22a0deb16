namespace ZoneTierFS.Engine;

/// <summary>When a file's access time moves.</summary>
public enum AccessTimes
{
    /// <summary>On an access when it is not newer than the last change, or a day old: enough for programs that ask what is new, and seldom a write.</summary>
    Relatime,

    /// <summary>Only when a program sets it.</summary>
    Noatime,
}
