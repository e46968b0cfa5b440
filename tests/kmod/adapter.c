// SPDX-License-Identifier: GPL-2.0
/* An I2C bus with one device, which answers nothing, for the driver in tests/attack/i2c.rs. */

#include <linux/i2c.h>
#include <linux/module.h>

static s32 transfer(struct i2c_adapter *adapter, u16 address, unsigned short flags, char read_write,
		    u8 command, int size, union i2c_smbus_data *data)
{
	return -ENXIO;
}

static u32 functionality(struct i2c_adapter *adapter)
{
	return I2C_FUNC_SMBUS_BYTE_DATA;
}

static const struct i2c_algorithm algorithm = {
	.smbus_xfer = transfer,
	.functionality = functionality,
};

static struct i2c_adapter adapter = {
	.owner = THIS_MODULE,
	.algo = &algorithm,
	.name = "iomem_test_adapter",
};

static struct i2c_client *client;

static int __init adapter_init(void)
{
	const struct i2c_board_info info = { I2C_BOARD_INFO("iomem_attack_i2c", 0x50) };
	int err = i2c_add_adapter(&adapter);

	if (err)
		return err;
	client = i2c_new_client_device(&adapter, &info);
	if (IS_ERR(client))
		i2c_del_adapter(&adapter);
	return PTR_ERR_OR_ZERO(client);
}
module_init(adapter_init);

static void __exit adapter_exit(void)
{
	i2c_unregister_device(client);
	i2c_del_adapter(&adapter);
}
module_exit(adapter_exit);

MODULE_AUTHOR("The iomem authors");
MODULE_DESCRIPTION("An I2C bus with one device, for tests");
MODULE_LICENSE("GPL");
