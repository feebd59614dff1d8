"""The tick says that a store's owner may have answered for all of its campaigns."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("bargain", "0004_parked_index")]

    operations = [
        migrations.AlterField(
            model_name="bargaincampaign",
            name="wechat_risk_accepted",
            field=models.BooleanField(
                default=False,
                help_text="《微信外部链接内容管理规范》禁止在外部链接里诱导砍价、助力，违规可能封禁域名。勾选表示你了解并承担这个风险；不勾选时，微信里只展示现价和购买，帮砍请用浏览器打开，除非店主已在“微信规范风险”里为全店确认。",
                verbose_name="微信内也开放帮砍",
            ),
        ),
    ]
