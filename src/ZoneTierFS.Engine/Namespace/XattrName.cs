using ZoneTierFS.Linux;

namespace ZoneTierFS.Engine.Namespace;

/// <summary>The namespaces of extended attributes.</summary>
internal static class XattrName
{
    public static ReadOnlySpan<byte> AccessList => "system.posix_acl_access"u8;

    public static ReadOnlySpan<byte> DefaultList => "system.posix_acl_default"u8;

    public static ReadOnlySpan<byte> Capability => "security.capability"u8;

    public static bool IsTrusted(ReadOnlySpan<byte> name) => name.StartsWith("trusted."u8);

    public static bool IsList(ReadOnlySpan<byte> name) => name.SequenceEqual(AccessList) || name.SequenceEqual(DefaultList);

    /// <summary>As ext4: EOPNOTSUPP for an unknown namespace, EINVAL for a namespace without a name in it, ERANGE for a name over 255 bytes.</summary>
    public static Errno Validate(ReadOnlySpan<byte> name)
    {
        if (name.IsEmpty || name.Length > Volume.NameBytesMax) return Errno.ERANGE;
        if (IsList(name)) return Errno.Ok;
        var prefix = name[..(name.IndexOf((byte)'.') + 1)];
        if (!prefix.SequenceEqual("user."u8) && !prefix.SequenceEqual("trusted."u8) && !prefix.SequenceEqual("security."u8)) return Errno.EOPNOTSUPP;
        return prefix.Length == name.Length ? Errno.EINVAL : Errno.Ok;
    }
}
