namespace ZoneTierFS.Linux;

/// <summary>Who asks: the owner of what an operation creates.</summary>
/// <param name="Umask">
/// Of creations: the permission bits that new files lack, unless a default access control list says otherwise; 0 where the kernel saw to it.
/// </param>
public readonly record struct FileCaller(uint UserId, uint GroupId, uint ProcessId, uint Umask = 0);
