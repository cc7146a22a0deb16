using System.Buffers.Binary;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Engine.Namespace;

/// <summary>
/// A POSIX access control list in the form in which programs set it and which is stored: version u32, then entries {tag u16, permissions u16, id u32}, in
/// the order of their tags. The kernel checks permissions by it; here it is kept in step with the mode, whose group bits are the list's mask.
/// </summary>
internal static class AccessControlList
{
    /// <summary>The longest list, bytes: what the kernel reads.</summary>
    public const int BytesMax = 4096;

    private const int HeaderBytes = 4;
    private const int EntryBytes = 8;
    private const uint Version = 2;
    private const uint All = 7;

    private enum Tag : ushort
    {
        Owner = 1,
        User = 2,
        OwningGroup = 4,
        Group = 8,
        Mask = 16,
        Other = 32,
    }

    /// <summary>EINVAL for what is no list, EOPNOTSUPP for another version, E2BIG beyond the longest.</summary>
    public static Errno Validate(ReadOnlySpan<byte> list)
    {
        if (list.Length > BytesMax) return Errno.E2BIG;
        if (list.Length < HeaderBytes || (list.Length - HeaderBytes) % EntryBytes != 0) return Errno.EINVAL;
        if (BinaryPrimitives.ReadUInt32LittleEndian(list) != Version) return Errno.EOPNOTSUPP;
        var (last, needsMask) = ((Tag)0, false);
        for (var at = HeaderBytes; at < list.Length; at += EntryBytes)
        {
            var tag = TagAt(list, at);
            if (PermissionsAt(list, at) > All || !Follows(last, tag)) return Errno.EINVAL;
            if (tag is Tag.User or Tag.Group && BinaryPrimitives.ReadUInt32LittleEndian(list[(at + 4)..]) == uint.MaxValue) return Errno.EINVAL;
            needsMask |= tag is Tag.User or Tag.Group;
            // With named users or groups the mask says what they may at most.
            if (tag == Tag.Other && needsMask && last != Tag.Mask) return Errno.EINVAL;
            last = tag;
        }
        return last == Tag.Other ? Errno.Ok : Errno.EINVAL;
    }

    private static bool Follows(Tag last, Tag tag) => tag switch
    {
        Tag.Owner => last == 0,
        Tag.User => last is Tag.Owner or Tag.User,
        Tag.OwningGroup => last is Tag.Owner or Tag.User,
        Tag.Group => last is Tag.OwningGroup or Tag.Group,
        Tag.Mask => last is Tag.OwningGroup or Tag.Group,
        Tag.Other => last is Tag.OwningGroup or Tag.Group or Tag.Mask,
        _ => false,
    };

    /// <summary>Says no more than a mode does, so that the mode alone is kept.</summary>
    public static bool IsMinimal(ReadOnlySpan<byte> list) => list.Length == HeaderBytes + 3 * EntryBytes;

    /// <summary>The mode with its permission bits from a valid list.</summary>
    public static uint ModeOf(ReadOnlySpan<byte> list, uint mode)
    {
        var (owner, group, other) = (0u, 0u, 0u);
        for (var at = HeaderBytes; at < list.Length; at += EntryBytes)
        {
            var permissions = PermissionsAt(list, at);
            switch (TagAt(list, at))
            {
                case Tag.Owner: owner = permissions; break;
                case Tag.OwningGroup or Tag.Mask: group = permissions; break; // the mask comes later and takes its place
                case Tag.Other: other = permissions; break;
            }
        }
        return (mode & ~FileMode.AccessMask) | owner << 6 | group << 3 | other;
    }

    /// <summary>Puts a mode's permission bits into a valid list, as chmod does: the group's into the mask, where there is one.</summary>
    public static void SetMode(Span<byte> list, uint mode) => Change(list, static (bits, _) => bits, mode);

    /// <summary>
    /// Turns a directory's default list into the access list of what is created there: nobody is allowed what the creator did not ask for. The umask has no
    /// say. Returns the mode that goes with it.
    /// </summary>
    public static uint Inherit(Span<byte> list, uint mode)
    {
        Change(list, static (bits, permissions) => bits & permissions, mode);
        return ModeOf(list, mode);
    }

    private static void Change(Span<byte> list, Func<uint, uint, uint> change, uint mode)
    {
        var hasMask = TagAt(list, list.Length - 2 * EntryBytes) == Tag.Mask;
        for (var at = HeaderBytes; at < list.Length; at += EntryBytes)
        {
            var bits = TagAt(list, at) switch
            {
                Tag.Owner => mode >> 6,
                Tag.Mask => mode >> 3,
                Tag.OwningGroup when !hasMask => mode >> 3,
                Tag.Other => mode,
                _ => (uint?)null,
            };
            if (bits is { } value) BinaryPrimitives.WriteUInt16LittleEndian(list[(at + 2)..], (ushort)change(value & All, PermissionsAt(list, at)));
        }
    }

    private static Tag TagAt(ReadOnlySpan<byte> list, int at) => (Tag)BinaryPrimitives.ReadUInt16LittleEndian(list[at..]);

    private static uint PermissionsAt(ReadOnlySpan<byte> list, int at) => BinaryPrimitives.ReadUInt16LittleEndian(list[(at + 2)..]);
}
